"""Tables of customers. Every row is about a customer and carries that customer's scope: institution, managing RM, line.

`manager_id` 0 means that nobody manages the customer. C2 values lie sealed (bytes) beside a keyed fingerprint to find
them by.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="customers")

_INSTANT = DateTime(timezone=True)


def _scope() -> list[Column[int] | Column[str]]:
    return [
        Column("institution_id", Integer, nullable=False),
        Column("manager_id", Integer, nullable=False),
        Column("line", Text, nullable=False),
    ]


customer = Table(
    "customer",
    metadata,
    Column("no", Integer, Identity(always=True), primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text),
    *_scope(),
    Column("sex", Text),
    Column("birth_date", LargeBinary),
    Column("phone", LargeBinary),
    Column("phone_index", Text),
    Column("phone_tail_index", Text),
    Column("id_kind", Text),
    Column("id_number", LargeBinary),
    Column("id_index", Text),
    Column("uscc", Text),
    Column("since", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("handover_version", BigInteger, nullable=False, server_default="0"),
    info={"data_class": "C2", "retention": "5 years after the relationship ends"},
)

listing = Table(
    "listing",
    metadata,
    Column("customer_no", Integer, primary_key=True, autoincrement=False),
    *_scope(),
    Column("sort_name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("deposits_minor", BigInteger, nullable=False),
    Column("loans_minor", BigInteger, nullable=False),
    Column("aum_minor", BigInteger, nullable=False),
    Column("tier", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("last_contact_on", Date, nullable=False),
    Column("open_opportunities", Integer, nullable=False),
    Column("stamp_version", BigInteger, nullable=False),
    info={"data_class": "C2", "retention": "with the customer"},
)

token = Table(
    "token",
    metadata,
    Column("token", Text, primary_key=True),
    Column("customer_no", Integer, primary_key=True),
    *_scope(),
    info={"data_class": "C2", "retention": "with the customer"},
)

holding = Table(
    "holding",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("source", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("customer_no", Integer, nullable=False),
    *_scope(),
    Column("kind", Text, nullable=False),
    Column("product", Text),
    Column("currency", Text, nullable=False),
    Column("balance_minor", BigInteger, nullable=False),
    Column("principal_minor", BigInteger),
    Column("opened_on", Date, nullable=False),
    Column("closed_on", Date),
    Column("as_of", Date, nullable=False),
    Column("version", Integer, nullable=False),
    info={"data_class": "C2", "retention": "5 years after closing"},
)

assignment = Table(
    "assignment",
    metadata,
    Column("customer_no", Integer, primary_key=True),
    Column("staff_id", Integer, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("from_date", Date, primary_key=True),
    *_scope(),
    Column("to_date", Date),
    info={"data_class": "C1", "retention": "5 years"},
)

contact = Table(
    "contact",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_no", Integer, nullable=False),
    *_scope(),
    Column("staff_id", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("made_at", _INSTANT, nullable=False),
    Column("bank_date", Date, nullable=False),
    Column("next_on", Date),
    Column("origin", Text, nullable=False),
    info={"data_class": "C2", "retention": "5 years"},
)

reservation = Table(
    "reservation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_no", Integer, nullable=False),
    *_scope(),
    Column("staff_id", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("bank_date", Date, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("expires_at", _INSTANT, nullable=False),
    info={"data_class": "C1", "retention": "3 years"},
)

consent = Table(
    "consent",
    metadata,
    Column("customer_no", Integer, primary_key=True),
    Column("channel", Text, primary_key=True),
    *_scope(),
    Column("granted", Boolean, nullable=False),
    Column("staff_id", Integer, nullable=False),
    Column("said_at", _INSTANT, nullable=False),
    info={"data_class": "C1", "retention": "3 years after the relationship ends"},
)

decision = Table(
    "decision",  # what the house says of who looks after whom, beside what the feed says (assignment)
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("customer_no", Integer, nullable=False),
    *_scope(),
    Column("kind", Text, nullable=False),
    Column("staff_id", Integer, nullable=False),
    Column("holds", Boolean, nullable=False),
    Column("from_date", Date, nullable=False),
    Column("to_date", Date),
    Column("before_id", Integer, nullable=False),
    Column("origin", Text, nullable=False),
    Column("move_id", Uuid),
    Column("reason", Text, nullable=False),
    Column("decided_by", Integer, nullable=False),
    Column("decided_at", _INSTANT, nullable=False),
    Column("decided_on", Date, nullable=False),
    Column("open_claim", Boolean, nullable=False),
    Column("withdrawn_by", Integer),
    Column("withdrawn_at", _INSTANT),
    info={"data_class": "C1", "retention": "5 years"},
)

move = Table(
    "move",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("institution_id", Integer, nullable=False),
    Column("made_by", Integer, nullable=False),
    Column("made_at", _INSTANT, nullable=False),
    Column("made_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("wanted", JSONB, nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("undone_by", Integer),
    Column("undone_at", _INSTANT),
    info={"data_class": "C1", "retention": "5 years"},
)

move_item = Table(
    "move_item",
    metadata,
    Column("move_id", Uuid, primary_key=True),
    Column("customer_no", Integer, primary_key=True),
    *_scope(),
    Column("giver_id", Integer, nullable=False),
    Column("taker_id", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    info={"data_class": "C1", "retention": "5 years"},
)

claim_count = Table(
    "claim_count",
    metadata,
    Column("staff_id", Integer, primary_key=True),
    Column("business_date", Date, primary_key=True),
    Column("claims", Integer, nullable=False),
    info={"data_class": "C1", "retention": "1 year"},
)

bank_day = Table(
    "bank_day",  # the days this room has lived through, to count bank days by
    metadata,
    Column("business_date", Date, primary_key=True),
    info={"data_class": "C1", "retention": "for ever"},
)

SCOPED = (customer, listing, token, holding, assignment, contact, reservation, consent, decision, move_item)
"""All of them move together when a customer changes hands."""
