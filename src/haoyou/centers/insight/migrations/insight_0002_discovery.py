"""Signals of many rules: any natural key, an account or none, the figures behind them; runs say what they lacked."""

from alembic import op

revision = "insight_0002"
down_revision = "insight_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table insight.signal rename column transaction_code to raised_by")
    op.execute("alter table insight.signal add column account_code text, add column figures jsonb")
    op.execute("alter table insight.run add column missing text")
