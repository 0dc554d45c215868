"""Opportunities of many rules, decided one against the other, with customers who are held out for comparison."""

from alembic import op

revision = "marketing_0003"
down_revision = "marketing_0002"
branch_labels = None
depends_on = None

SCOPE = """
    current_setting('app.all', true) = 'on'
    or (arm = 'treated'
        and (institution_id = any((select nullif(current_setting('app.inst', true), '')::int[])::int[])
         or manager_id = (select nullif(current_setting('app.staff', true), '')::int)
         or customer_no = any((select nullif(current_setting('app.extra', true), '')::int[])::int[]))
        and line = any((select nullif(current_setting('app.lines', true), '')::text[])::text[]))
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table marketing.opportunity rename column transaction_code to raised_by")
    op.execute("alter table marketing.opportunity alter column account_code drop not null")
    op.execute("""
        alter table marketing.opportunity
            add column arm text not null default 'treated' check (arm in ('treated', 'control')),
            add column score integer, add column factors jsonb, add column outscored_by uuid
    """)
    op.execute("alter table marketing.opportunity alter column arm drop default")
    op.execute("alter table marketing.opportunity drop constraint opportunity_status_check")
    op.execute("""
        alter table marketing.opportunity
            add constraint opportunity_status_check
                check (status in ('open', 'contacted', 'closed', 'suppressed', 'control')),
            add constraint opportunity_control_check check (status <> 'control' or arm = 'control'),
            add constraint opportunity_treated_check check (arm = 'treated' or status in ('suppressed', 'control'))
    """)
    op.execute("create index opportunity_expires on marketing.opportunity (expires_on, id)")
    op.execute("""
        alter table marketing.result
            add column version integer not null default 1,
            add column arm text not null default 'treated' check (arm in ('treated', 'control'))
    """)
    for column in ("version", "arm"):
        op.execute(f"alter table marketing.result alter column {column} drop default")
    # Whoever is held out is seen by the room itself only: a person's question never meets them, whatever its scope.
    for table in ("opportunity", "result"):
        op.execute(f"drop policy scope on marketing.{table}")
        op.execute(f"create policy scope on marketing.{table} using ({SCOPE})")
