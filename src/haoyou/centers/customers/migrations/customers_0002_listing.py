"""Lists at the size of a bank: terms of holdings, columns and indexes that lists filter and sort by, saved views."""

from alembic import op

revision = "customers_0002"
down_revision = "customers_0001"
branch_labels = None
depends_on = None

SORTS = (
    ("aum", "aum_minor"),
    ("name", "sort_name"),
    ("recent", "last_contact_on"),
    ("maturity", "next_maturity_on"),
    ("deposits", "deposits_minor"),
    ("loans", "loans_minor"),
)


def upgrade() -> None:
    op.execute("select set_config('app.all', 'on', true)")  # the owner, too, is under the forced policies
    op.execute("alter table customers.customer add column fingerprint text not null default ''")
    op.execute("alter table customers.customer alter column fingerprint drop default")
    _change_holdings()
    _change_listing()
    _change_tokens()
    op.execute("""
        create table customers.saved_view (
            id uuid primary key, staff_id integer not null, institution_id integer not null, name jsonb not null,
            filter jsonb not null, used_at timestamptz not null, version integer not null
        )""")
    op.execute("create index saved_view_staff on customers.saved_view (staff_id)")
    op.execute("create index saved_view_institution on customers.saved_view (institution_id)")
    op.execute("grant select, insert, update, delete on customers.saved_view to haoyou_customers")


def _change_holdings() -> None:
    op.execute("alter table customers.holding drop constraint holding_kind_check")
    op.execute(
        "alter table customers.holding add constraint holding_kind_check"
        " check (kind in ('demand', 'term', 'wealth', 'loan', 'card'))"
    )
    op.execute("""
        alter table customers.holding add column balance_known boolean not null default true,
            add column rate_ppm integer, add column matures_on date, add column limit_minor bigint,
            add column status text, add column terms_version integer not null default 0""")
    # A loan or card of which no balance was ever said has stood at zero since the day it was opened.
    op.execute(
        "update customers.holding set balance_known = false"
        " where kind in ('loan', 'card') and balance_minor = 0 and as_of = opened_on"
    )
    for column in ("balance_known", "terms_version"):
        op.execute(f"alter table customers.holding alter column {column} drop default")
    # Room on the page, so that a new balance stays beside the old one and touches no index.
    op.execute("alter table customers.holding set (fillfactor = 85)")


def _change_listing() -> None:
    op.execute("""
        alter table customers.listing add column kind text not null default 'person',
            add column next_maturity_on date not null default '9000-01-01'""")
    op.execute(
        "update customers.listing l set kind = c.kind from customers.customer c"
        " where c.no = l.customer_no and c.kind <> l.kind"
    )
    for column in ("kind", "next_maturity_on"):
        op.execute(f"alter table customers.listing alter column {column} drop default")
    for owner in ("manager_id", "institution_id"):
        for sort in ("aum", "name", "recent"):
            op.execute(f"drop index customers.listing_{owner}_{sort}")
    op.execute("drop index customers.listing_aum")
    # Both columns run the same way, so that one index serves the order and its reverse, and a page begins in it.
    for sort, column in SORTS:
        op.execute(f"create index listing_{sort} on customers.listing ({column}, customer_no)")
        op.execute(f"create index listing_unit_{sort} on customers.listing (institution_id, {column}, customer_no)")
    op.execute(
        "create index listing_manager on customers.listing (manager_id, aum_minor, customer_no) where manager_id > 0"
    )
    op.execute(
        "create index listing_worked on customers.listing (institution_id, customer_no) where open_opportunities > 0"
    )


def _change_tokens() -> None:
    """Found by who may see them first, by what they say second: a common beginning costs nobody the whole bank."""
    op.execute("alter table customers.token drop constraint token_customer_no_fkey")  # written with the customer only
    op.execute("alter table customers.token drop constraint token_pkey")
    op.execute("drop index customers.token_customer")
    op.execute("alter table customers.token add constraint token_pkey primary key (customer_no, token)")
    op.execute("create index token_unit on customers.token (institution_id, token, customer_no)")
    op.execute("create index token_manager on customers.token (manager_id, token, customer_no) where manager_id > 0")
