"""What the house decides about who looks after whom: decisions beside the feed's word, moves of many, the open pool."""

from alembic import op

revision = "customers_0004"
down_revision = "customers_0003"
branch_labels = None
depends_on = None

PLACE = "institution_id integer not null, manager_id integer not null, line text not null"

SCOPE = """
    current_setting('app.all', true) = 'on'
    or ((institution_id = any((select nullif(current_setting('app.inst', true), '')::int[])::int[])
         or manager_id = (select nullif(current_setting('app.staff', true), '')::int)
         or customer_no = any((select nullif(current_setting('app.extra', true), '')::int[])::int[]))
        and line = any((select nullif(current_setting('app.lines', true), '')::text[])::text[]))
"""
MADE_HERE = """
    current_setting('app.all', true) = 'on'
    or institution_id = any((select nullif(current_setting('app.inst', true), '')::int[])::int[])
    or made_by = (select nullif(current_setting('app.staff', true), '')::int)
"""


def upgrade() -> None:
    op.execute("alter table customers.customer add column handover_version bigint not null default 0")
    op.execute(f"""
        create table customers.decision (
            id bigint generated always as identity primary key,
            customer_no integer not null references customers.customer (no), {PLACE},
            kind text not null check (kind in ('primary', 'assisting')), staff_id integer not null,
            holds boolean not null, from_date date not null, to_date date check (to_date >= from_date),
            before_id integer not null, origin text not null, move_id uuid, reason text not null,
            decided_by integer not null, decided_at timestamptz not null, decided_on date not null,
            open_claim boolean not null, withdrawn_by integer, withdrawn_at timestamptz
        )""")
    op.execute("create index decision_customer on customers.decision (customer_no, id)")
    op.execute("create index decision_staff on customers.decision (staff_id, kind)")
    op.execute("create index decision_move on customers.decision (move_id) where move_id is not null")
    op.execute("create index decision_claim on customers.decision (decided_on, customer_no) where open_claim")
    for table in ("decision", "assignment"):
        for column in ("from_date", "to_date"):
            op.execute(f"create index {table}_{column} on customers.{table} ({column}) where kind = 'primary'")
    op.execute("""
        create table customers.move (
            id uuid primary key, institution_id integer not null, made_by integer not null,
            made_at timestamptz not null, made_on date not null, reason text not null,
            wanted jsonb not null, total integer not null, done integer not null,
            state text not null check (state in ('running', 'done', 'undone')),
            undone_by integer, undone_at timestamptz
        )""")
    op.execute("create index move_made on customers.move (made_at desc, id)")
    op.execute(f"""
        create table customers.move_item (
            move_id uuid not null references customers.move (id),
            customer_no integer not null references customers.customer (no), {PLACE},
            giver_id integer not null, taker_id integer not null,
            version bigint not null,
            state text not null check (state in ('waiting', 'moved', 'left', 'undone', 'kept')),
            primary key (move_id, customer_no)
        )""")
    op.execute("create index move_item_customer on customers.move_item (customer_no)")
    op.execute("""
        create table customers.claim_count (
            staff_id integer not null, business_date date not null, claims integer not null,
            primary key (staff_id, business_date)
        )""")
    op.execute("create table customers.bank_day (business_date date primary key)")
    for table, policy in (("decision", SCOPE), ("move_item", SCOPE), ("move", MADE_HERE)):
        op.execute(f"alter table customers.{table} enable row level security")
        op.execute(f"alter table customers.{table} force row level security")
        op.execute(f"create policy scope on customers.{table} using ({policy})")
        op.execute(f"grant select, insert, update on customers.{table} to haoyou_customers")
    op.execute("grant select, insert, update on customers.claim_count, customers.bank_day to haoyou_customers")
