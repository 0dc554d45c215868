"""One customer under several numbers: candidate pairs, merges, and what each member of a merged customer has alone."""

from alembic import op

revision = "customers_0005"
down_revision = "customers_0004"
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


def upgrade() -> None:
    op.execute("alter table customers.listing add column members integer not null default 1")
    op.execute("grant delete on customers.listing to haoyou_customers")
    # Of customers who were here before, it is filled when the bank next sends them changed.
    op.execute("alter table customers.customer add column birth_index text")
    for index, columns in (
        ("uscc", "(uscc) where uscc is not null"),
        ("birth", "(birth_index) where birth_index is not null"),
        ("name_tail", "(phone_tail_index, name) where phone_tail_index is not null"),
    ):
        op.execute(f"create index customer_{index} on customers.customer {columns}")
    op.execute(f"""
        create table customers.merge (
            id uuid primary key, customer_no integer not null references customers.customer (no),
            loser_no integer not null references customers.customer (no), {PLACE},
            reason text not null, merged_by integer not null, merged_at timestamptz not null, merged_on date not null,
            undone_by integer, undone_at timestamptz, undone_reason text, check (customer_no <> loser_no)
        )""")
    op.execute("create unique index merge_loser on customers.merge (loser_no) where undone_at is null")
    op.execute("create index merge_customer on customers.merge (customer_no)")
    op.execute("create index merge_made on customers.merge (merged_at, id)")
    op.execute(f"""
        create table customers.member (
            customer_no integer primary key references customers.customer (no), {PLACE},
            survivor_no integer not null references customers.customer (no),
            own_institution_id integer not null, own_line text not null, currency text not null,
            deposits_minor bigint not null, loans_minor bigint not null, aum_minor bigint not null, tier text not null,
            as_of date not null, last_contact_on date not null, next_maturity_on date not null,
            open_opportunities integer not null, stamp_version bigint not null
        )""")
    op.execute("create index member_survivor on customers.member (survivor_no)")
    op.execute(f"""
        create table customers.duplicate (
            customer_no integer not null references customers.customer (no),
            other_no integer not null references customers.customer (no), {PLACE},
            score integer not null, reasons text not null, found_on date not null,
            state text not null check (state in ('open', 'different')),
            decided_by integer, decided_at timestamptz, decided_reason text,
            primary key (customer_no, other_no)
        )""")
    op.execute("create index duplicate_other on customers.duplicate (other_no)")
    op.execute(
        "create index duplicate_open on customers.duplicate (score desc, customer_no, other_no) where state = 'open'"
    )
    for table in ("merge", "member", "duplicate"):
        op.execute(f"alter table customers.{table} enable row level security")
        op.execute(f"alter table customers.{table} force row level security")
        op.execute(f"create policy scope on customers.{table} using ({SCOPE})")
        op.execute(f"grant select, insert, update on customers.{table} to haoyou_customers")
    op.execute("grant delete on customers.member, customers.duplicate to haoyou_customers")
