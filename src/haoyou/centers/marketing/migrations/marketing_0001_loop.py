"""Opportunities, the contacts made for them, drafts of contacts, and the results booked from facts."""

from alembic import op

revision = "marketing_0001"
down_revision = None
branch_labels = ("marketing",)
depends_on = "kernel_0001"

COLUMNS = (
    "customer_no integer not null, institution_id integer not null, manager_id integer not null, line text not null"
)
SCOPE = """
    current_setting('app.all', true) = 'on'
    or ((institution_id = any((select nullif(current_setting('app.inst', true), '')::int[])::int[])
         or manager_id = (select nullif(current_setting('app.staff', true), '')::int)
         or customer_no = any((select nullif(current_setting('app.extra', true), '')::int[])::int[]))
        and line = any((select nullif(current_setting('app.lines', true), '')::text[])::text[]))
"""


def upgrade() -> None:
    op.execute(f"""
        create table marketing.opportunity (
            id uuid primary key, {COLUMNS},
            signal_id uuid not null unique, rule text not null, rule_version integer not null,
            account_code text not null, transaction_code text not null,
            raised_on date not null, expires_on date not null,
            value_minor bigint not null, currency text not null, facts jsonb not null,
            status text not null check (status in ('open', 'contacted', 'closed', 'suppressed')),
            suppressed_reason text check ((status = 'suppressed') = (suppressed_reason is not null)),
            task_id uuid not null, contacted_at timestamptz, last_outcome text, version integer not null
        )""")
    op.execute("create index opportunity_manager on marketing.opportunity (manager_id, status, raised_on desc, id)")
    op.execute("create index opportunity_unit on marketing.opportunity (institution_id, status, raised_on desc, id)")
    op.execute("create index opportunity_customer on marketing.opportunity (customer_no, raised_on)")
    op.execute("create index opportunity_raised on marketing.opportunity (raised_on, id)")
    op.execute(f"""
        create table marketing.contact (
            id uuid primary key, {COLUMNS},
            opportunity_id uuid not null references marketing.opportunity (id),
            staff_id integer not null, channel text not null, outcome text not null, note text not null,
            made_at timestamptz not null, bank_date date not null, next_on date
        )""")
    op.execute("create index contact_opportunity on marketing.contact (opportunity_id, made_at desc)")
    op.execute(f"""
        create table marketing.reservation (
            id uuid primary key, {COLUMNS},
            opportunity_id uuid not null references marketing.opportunity (id),
            staff_id integer not null, channel text not null, contact_id uuid
        )""")
    op.execute("create index reservation_opportunity on marketing.reservation (opportunity_id)")
    op.execute(f"""
        create table marketing.draft (
            opportunity_id uuid not null references marketing.opportunity (id), staff_id integer not null, {COLUMNS},
            body jsonb not null, version integer not null, saved_at timestamptz not null,
            primary key (opportunity_id, staff_id)
        )""")
    op.execute(f"""
        create table marketing.result (
            opportunity_id uuid primary key references marketing.opportunity (id), {COLUMNS},
            kind text not null check (kind in ('held', 'product', 'left')),
            held_share_bps integer not null check (held_share_bps between 0 and 10000),
            held_minor bigint not null, products jsonb not null, booked_on date not null
        )""")
    for table in ("opportunity", "contact", "reservation", "draft", "result"):
        op.execute(f"alter table marketing.{table} enable row level security")
        op.execute(f"alter table marketing.{table} force row level security")
        op.execute(f"create policy scope on marketing.{table} using ({SCOPE})")
    op.execute("""
        create table marketing.assignment (
            customer_no integer primary key, institution_id integer not null, manager_id integer not null,
            version bigint not null
        )""")
    op.execute("alter table marketing.assignment enable row level security")
    op.execute("alter table marketing.assignment force row level security")
    # Only the room itself, told by message, reads or writes it; it answers no person's question.
    op.execute("create policy scope on marketing.assignment using (current_setting('app.all', true) = 'on')")
    op.execute("grant select, insert, update on all tables in schema marketing to haoyou_marketing")
    op.execute("grant delete on marketing.draft to haoyou_marketing")
