"""How customers belong together, what they had day by day, and which of their documents hold until when."""

import sqlalchemy as sa
from alembic import op

revision = "customers_0003"
down_revision = "customers_0002"
branch_labels = None
depends_on = None

PLACE = "institution_id integer not null, manager_id integer not null, line text not null"
KINDS = "('household', 'spouse', 'parent', 'owner', 'legal_representative', 'guarantor', 'group')"
DOCUMENTS = (
    ("identity_document", "person", "身份证件", "Identity document", True),
    ("risk_assessment", "person", "风险承受能力评估", "Risk assessment", False),
    ("tax_declaration", "person", "税收居民身份声明", "Tax residence declaration", False),
    ("business_licence", "organisation", "营业执照", "Business licence", True),
    (
        "representative_document",
        "organisation",
        "法定代表人身份证件",
        "Identity document of the legal representative",
        True,
    ),
    ("beneficial_owners", "organisation", "受益所有人信息", "Beneficial owners", True),
    ("articles", "organisation", "公司章程", "Articles of association", False),
)
SCOPE = """
    current_setting('app.all', true) = 'on'
    or ((institution_id = any((select nullif(current_setting('app.inst', true), '')::int[])::int[])
         or manager_id = (select nullif(current_setting('app.staff', true), '')::int)
         or customer_no = any((select nullif(current_setting('app.extra', true), '')::int[])::int[]))
        and line = any((select nullif(current_setting('app.lines', true), '')::text[])::text[]))
"""


def protect(table: str) -> None:
    op.execute(f"alter table customers.{table} enable row level security")
    op.execute(f"alter table customers.{table} force row level security")
    op.execute(f"create policy scope on customers.{table} using ({SCOPE})")


def upgrade() -> None:
    # A relationship stands twice, once for each end, each row with the scope of its own end.
    op.execute(f"""
        create table customers.relationship (
            customer_no integer not null references customers.customer (no),
            other_no integer not null references customers.customer (no),
            outward boolean not null, kind text not null check (kind in {KINDS}), from_date date not null, {PLACE},
            to_date date, share_ppm integer, version integer not null,
            primary key (customer_no, other_no, kind, outward, from_date)
        )""")
    op.execute(f"""
        create table customers.profile (
            customer_no integer primary key references customers.customer (no), {PLACE},
            address bytea, occupation text, risk_level integer check (risk_level between 1 and 5)
        )""")
    op.execute(f"""
        create table customers.position_day (
            customer_no integer not null references customers.customer (no), bank_date date not null, {PLACE},
            deposits_minor bigint not null, wealth_minor bigint not null, loans_minor bigint not null,
            currency text not null,
            primary key (customer_no, bank_date)
        )""")
    op.execute("""
        create table customers.document_kind (
            code text primary key, applies_to text not null check (applies_to in ('person', 'organisation')),
            name jsonb not null, required boolean not null, place integer not null
        )""")
    add = sa.text(
        "insert into customers.document_kind values"
        " (:code, :applies_to, jsonb_build_object('zh', cast(:zh as text), 'en', cast(:en as text)), :required, :place)"
    )
    for place, (code, applies_to, zh, en, required) in enumerate(DOCUMENTS, 1):
        op.execute(add.bindparams(code=code, applies_to=applies_to, zh=zh, en=en, required=required, place=place))
    op.execute(f"""
        create table customers.document (
            customer_no integer not null references customers.customer (no),
            kind text not null references customers.document_kind (code),
            origin text not null check (origin in ('bank', 'staff')), {PLACE},
            expires_on date, noted_by integer not null, noted_at timestamptz not null, reminded_for date,
            primary key (customer_no, kind, origin)
        )""")
    op.execute("create index document_expiry on customers.document (expires_on, customer_no, kind)")
    op.execute("create index document_reminded on customers.document (customer_no) where reminded_for is not null")
    for table in ("relationship", "profile", "position_day", "document"):
        protect(table)
        op.execute(f"grant select, insert, update on customers.{table} to haoyou_customers")
    op.execute("grant select on customers.document_kind to haoyou_customers")
    op.execute("grant delete on customers.document to haoyou_customers")
