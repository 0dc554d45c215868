"""A customer's new line is heard like a new manager."""

from alembic import op

revision = "marketing_0002"
down_revision = "marketing_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table marketing.assignment add column line text")
