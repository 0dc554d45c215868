"""To-dos that are meant for one person stay with that person when their customer changes hands."""

from alembic import op

revision = "tasks_0003"
down_revision = "tasks_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table tasks.task add column personal boolean not null default false")
