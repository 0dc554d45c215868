"""Indexes to read the audit by time, person, operation and id, newest first."""

from alembic import op

revision = "kernel_0002"
down_revision = "kernel_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("create index audit_log_at on kernel.audit_log (at desc, seq desc)")
    op.execute("create index audit_log_who on kernel.audit_log ((entry ->> 'caused_by'), at desc, seq desc)")
    op.execute(
        "create index audit_log_operation on kernel.audit_log"
        " ((entry ->> 'operation') collate \"C\", at desc, seq desc)"
    )
    op.execute("create index audit_log_ids on kernel.audit_log using gin ((entry -> 'ids') jsonb_path_ops)")
