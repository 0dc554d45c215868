"""Reports of what was said with a customer: drafts, filed texts that never change, who may read, and next steps."""

from alembic import op

revision = "customers_0006"
down_revision = "customers_0005"
branch_labels = None
depends_on = None

PLACE = "institution_id integer not null, manager_id integer not null, line text not null"
STAFF = "(select nullif(current_setting('app.staff', true), '')::int)"
INST = "(select nullif(current_setting('app.inst', true), '')::int[])"
SCOPE = f"""
    (institution_id = any({INST}::int[]) or manager_id = {STAFF}
     or customer_no = any((select nullif(current_setting('app.extra', true), '')::int[])::int[]))
    and line = any((select nullif(current_setting('app.lines', true), '')::text[])::text[])
"""
ALL = "current_setting('app.all', true) = 'on'"
# Who wrote it, and whom they let read it. The table answers only the reader and the author, so it asks no other.
NAMED = f"exists (select 1 from customers.report_reader r where r.report_id = {{report}} and r.staff_id = {STAFF})"  # noqa: S608
# The text asks its report, which is itself under the net: within the scope, the level decides.
LEVEL = f"""
    exists (select 1 from customers.report h where h.id = {{report}} and (
        h.level = 'normal' or h.level = 'restricted' and (h.manager_id = {STAFF}
            or current_setting('app.senior', true) = 'on' and h.institution_id = any({INST}::int[]))))
"""  # noqa: S608


def protect(table: str, policy: str) -> None:
    op.execute(f"alter table customers.{table} enable row level security")
    op.execute(f"alter table customers.{table} force row level security")
    op.execute(f"create policy scope on customers.{table} using ({ALL} or {policy})")


def upgrade() -> None:
    op.execute("alter table customers.contact add column withdrawn boolean not null default false")
    op.execute("""
        create table customers.report_draft (
            id uuid primary key, customer_no integer not null references customers.customer (no),
            author_id integer not null, body jsonb not null, version integer not null, saved_at timestamptz not null
        )""")
    op.execute("create index report_draft_author on customers.report_draft (author_id, saved_at desc, id)")
    op.execute(f"""
        create table customers.report (
            id uuid primary key, customer_no integer not null references customers.customer (no), {PLACE},
            author_id integer not null, level text not null check (level in ('normal', 'restricted', 'private')),
            state text not null check (state in ('filed', 'withdrawn')), met_on date not null,
            contact_id uuid not null, own_contact boolean not null, version integer not null,
            filed_at timestamptz not null, withdrawn_at timestamptz
        )""")
    op.execute("create index report_customer on customers.report (customer_no, met_on desc, id desc)")
    op.execute("create index report_contact on customers.report (contact_id)")
    op.execute("""
        create table customers.report_reader (
            report_id uuid not null references customers.report (id), staff_id integer not null,
            author_id integer not null, primary key (report_id, staff_id)
        )""")
    op.execute("create index report_reader_staff on customers.report_reader (staff_id, report_id)")
    op.execute("""
        create table customers.report_text (
            report_id uuid not null references customers.report (id), number integer not null,
            content jsonb not null, why text not null, written_by integer not null, written_at timestamptz not null,
            primary key (report_id, number)
        )""")
    op.execute("""
        create table customers.report_step (
            report_id uuid not null references customers.report (id), number integer not null, what text not null,
            staff_id integer not null, due_on date not null, follow_up_id uuid not null,
            done_by integer, done_at timestamptz, primary key (report_id, number)
        )""")
    protect("report_draft", f"author_id = {STAFF}")
    protect("report", f"({SCOPE}) or {NAMED.format(report='report.id')}")
    protect("report_reader", f"staff_id = {STAFF} or author_id = {STAFF}")
    for table in ("report_text", "report_step"):
        report = f"{table}.report_id"
        protect(table, f"{NAMED.format(report=report)} or {LEVEL.format(report=report)}")
    op.execute("grant select, insert, update, delete on customers.report_draft to haoyou_customers")
    op.execute("grant select, insert, update on customers.report, customers.report_step to haoyou_customers")
    op.execute("grant select, insert, delete on customers.report_reader to haoyou_customers")
    op.execute("grant select, insert on customers.report_text to haoyou_customers")  # what is written stays
