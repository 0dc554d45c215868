"""Signals and the days they were looked for on."""

from alembic import op

revision = "insight_0001"
down_revision = None
branch_labels = ("insight",)
depends_on = "kernel_0001"

SCOPE = """
    current_setting('app.all', true) = 'on'
    or ((institution_id = any((select nullif(current_setting('app.inst', true), '')::int[])::int[])
         or manager_id = (select nullif(current_setting('app.staff', true), '')::int)
         or customer_no = any((select nullif(current_setting('app.extra', true), '')::int[])::int[]))
        and line = any((select nullif(current_setting('app.lines', true), '')::text[])::text[]))
"""


def upgrade() -> None:
    op.execute("""
        create table insight.signal (
            id uuid primary key,
            customer_no integer not null, institution_id integer not null, manager_id integer not null,
            line text not null,
            rule text not null, rule_version integer not null, bank_date date not null,
            transaction_code text not null, amount_minor bigint not null, currency text not null,
            unique (rule, transaction_code)
        )""")
    op.execute("alter table insight.signal enable row level security")
    op.execute("alter table insight.signal force row level security")
    op.execute(f"create policy scope on insight.signal using ({SCOPE})")
    op.execute("""
        create table insight.run (
            rule text not null, bank_date date not null, rule_version integer not null,
            found integer not null, unknown integer not null, done_at timestamptz not null,
            primary key (rule, bank_date)
        )""")
    op.execute("grant select, insert on all tables in schema insight to haoyou_insight")
