"""Signing in through the bank's single sign-on: attempts that are under way, and which way a session was opened."""

from alembic import op

revision = "identity_0003"
down_revision = "identity_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
        create table identity.sign_on_flow (
            state_hash text primary key, browser_hash text not null, return_to text not null,
            started_at timestamptz not null
        )""")
    op.execute("create index sign_on_flow_started on identity.sign_on_flow (started_at)")
    op.execute("grant select, insert, update, delete on identity.sign_on_flow to haoyou_identity")
    op.execute("alter table identity.session add column way text not null default 'password'")
