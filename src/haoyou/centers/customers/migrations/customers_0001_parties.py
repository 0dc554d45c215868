"""Customers, what they hold, who looks after them, and every contact with them."""

from alembic import op

revision = "customers_0001"
down_revision = None
branch_labels = ("customers",)
depends_on = "kernel_0001"

PLACE = "institution_id integer not null, manager_id integer not null, line text not null"
CHANNELS = "('call', 'visit', 'message', 'meeting')"


def scope(number: str) -> str:
    return f"""
    current_setting('app.all', true) = 'on'
    or ((institution_id = any((select nullif(current_setting('app.inst', true), '')::int[])::int[])
         or manager_id = (select nullif(current_setting('app.staff', true), '')::int)
         or {number} = any((select nullif(current_setting('app.extra', true), '')::int[])::int[]))
        and line = any((select nullif(current_setting('app.lines', true), '')::text[])::text[]))
    """


def upgrade() -> None:
    op.execute(f"""
        create table customers.customer (
            no integer generated always as identity primary key,
            id uuid not null unique, source text not null, code text not null,
            kind text not null check (kind in ('person', 'organisation')), name text, {PLACE},
            sex text, birth_date bytea, phone bytea, phone_index text, phone_tail_index text,
            id_kind text, id_number bytea, id_index text, uscc text, since date not null, version integer not null,
            unique (source, code)
        )""")
    op.execute("create index customer_code on customers.customer (code)")
    op.execute("create index customer_phone on customers.customer (phone_index)")
    op.execute("create index customer_phone_tail on customers.customer (phone_tail_index)")
    op.execute("create index customer_id_number on customers.customer (id_index)")
    op.execute(f"""
        create table customers.listing (
            customer_no integer primary key references customers.customer (no), {PLACE},
            sort_name text collate "C" not null, currency text not null,
            deposits_minor bigint not null, loans_minor bigint not null, aum_minor bigint not null,
            tier text not null, as_of date not null, last_contact_on date not null,
            open_opportunities integer not null, stamp_version bigint not null
        )""")
    for owner in ("manager_id", "institution_id"):
        for name, order in (
            ("aum", "aum_minor desc, customer_no"),
            ("name", "sort_name, customer_no"),
            ("recent", "last_contact_on desc, customer_no"),
        ):
            op.execute(f"create index listing_{owner}_{name} on customers.listing ({owner}, {order})")
    op.execute("create index listing_aum on customers.listing (aum_minor desc, customer_no)")
    op.execute(f"""
        create table customers.token (
            token text collate "C" not null, customer_no integer not null references customers.customer (no), {PLACE},
            primary key (token, customer_no)
        )""")
    op.execute("create index token_customer on customers.token (customer_no)")
    op.execute(f"""
        create table customers.holding (
            id bigint generated always as identity primary key, source text not null, code text not null,
            customer_no integer not null references customers.customer (no), {PLACE},
            kind text not null check (kind in ('demand', 'term', 'loan', 'card')), product text, currency text not null,
            balance_minor bigint not null, principal_minor bigint, opened_on date not null, closed_on date,
            as_of date not null, version integer not null,
            unique (source, code)
        )""")
    op.execute("create index holding_customer on customers.holding (customer_no)")
    op.execute(f"""
        create table customers.assignment (
            customer_no integer not null references customers.customer (no), staff_id integer not null,
            kind text not null check (kind in ('primary', 'assisting')), from_date date not null, {PLACE}, to_date date,
            primary key (customer_no, staff_id, kind, from_date)
        )""")
    op.execute("create index assignment_staff on customers.assignment (staff_id, kind)")
    op.execute(f"""
        create table customers.contact (
            id uuid primary key, customer_no integer not null references customers.customer (no), {PLACE},
            staff_id integer not null, channel text not null check (channel in {CHANNELS}), outcome text not null,
            note text not null, made_at timestamptz not null, bank_date date not null, next_on date,
            origin text not null
        )""")
    op.execute("create index contact_customer on customers.contact (customer_no, made_at desc, id)")
    op.execute(f"""
        create table customers.reservation (
            id uuid primary key, customer_no integer not null references customers.customer (no), {PLACE},
            staff_id integer not null, channel text not null check (channel in {CHANNELS}), bank_date date not null,
            slot integer not null, state text not null check (state in ('reserved', 'made', 'missed')),
            expires_at timestamptz not null,
            unique (customer_no, bank_date, slot)
        )""")
    op.execute(f"""
        create table customers.consent (
            customer_no integer not null references customers.customer (no),
            channel text not null check (channel in {CHANNELS}), {PLACE},
            granted boolean not null, staff_id integer not null, said_at timestamptz not null,
            primary key (customer_no, channel)
        )""")
    for table in ("customer", "listing", "token", "holding", "assignment", "contact", "reservation", "consent"):
        op.execute(f"alter table customers.{table} enable row level security")
        op.execute(f"alter table customers.{table} force row level security")
        number = "no" if table == "customer" else "customer_no"
        op.execute(f"create policy scope on customers.{table} using ({scope(number)})")
    op.execute("grant select, insert, update on all tables in schema customers to haoyou_customers")
    op.execute("grant delete on customers.token, customers.reservation to haoyou_customers")
