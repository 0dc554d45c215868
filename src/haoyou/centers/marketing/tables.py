"""Tables of marketing. Every row is about a customer and carries that customer's scope."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="marketing")

_INSTANT = DateTime(timezone=True)


def _scope() -> list[Column[int] | Column[str]]:
    return [
        Column("customer_no", Integer, nullable=False),
        Column("institution_id", Integer, nullable=False),
        Column("manager_id", Integer, nullable=False),  # 0: nobody manages this customer
        Column("line", Text, nullable=False),
    ]


opportunity = Table(
    "opportunity",
    metadata,
    Column("id", Uuid, primary_key=True),
    *_scope(),
    Column("signal_id", Uuid, nullable=False, unique=True),
    Column("rule", Text, nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("account_code", Text),  # empty where the customer as a whole is meant
    Column("raised_by", Text, nullable=False),
    Column("raised_on", Date, nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("value_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("status", Text, nullable=False),
    Column("suppressed_reason", Text),
    Column("task_id", Uuid, nullable=False),
    Column("contacted_at", _INSTANT),
    Column("last_outcome", Text),
    Column("version", Integer, nullable=False),
    Column("arm", Text, nullable=False),
    Column("score", Integer),  # none where there was no decision between rules yet
    Column("factors", JSONB),
    Column("outscored_by", Uuid),
    info={"data_class": "C2", "retention": "5 years"},
)

contact = Table(
    "contact",
    metadata,
    Column("id", Uuid, primary_key=True),
    *_scope(),
    Column("opportunity_id", Uuid, nullable=False),
    Column("staff_id", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("made_at", _INSTANT, nullable=False),
    Column("bank_date", Date, nullable=False),
    Column("next_on", Date),
    info={"data_class": "C2", "retention": "5 years"},
)

reservation = Table(
    "reservation",
    metadata,
    Column("id", Uuid, primary_key=True),
    *_scope(),
    Column("opportunity_id", Uuid, nullable=False),
    Column("staff_id", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("contact_id", Uuid),  # the one contact that was made under it
    info={"data_class": "C1", "retention": "3 years"},
)

draft = Table(
    "draft",
    metadata,
    Column("opportunity_id", Uuid, primary_key=True),
    Column("staff_id", Integer, primary_key=True),
    *_scope(),
    Column("body", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("saved_at", _INSTANT, nullable=False),
    info={"data_class": "C2", "retention": "until the contact is saved"},
)

result = Table(
    "result",
    metadata,
    Column("opportunity_id", Uuid, primary_key=True),
    *_scope(),
    Column("kind", Text, nullable=False),
    Column("held_share_bps", Integer, nullable=False),
    Column("held_minor", BigInteger, nullable=False),
    Column("products", JSONB, nullable=False),
    Column("booked_on", Date, nullable=False),
    Column("version", Integer, nullable=False),  # of the rule of the result
    Column("arm", Text, nullable=False),
    info={"data_class": "C2", "retention": "5 years"},
)

assignment = Table(
    "assignment",  # the last word heard on who looks after a customer, for signals that were asked about before it came
    metadata,
    Column("customer_no", Integer, primary_key=True),
    Column("institution_id", Integer, nullable=False),
    Column("manager_id", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("line", Text),
    info={"data_class": "C2", "retention": "as long as the customer"},
)

SCOPED = (opportunity, contact, reservation, draft, result)
"""All of them move together when a customer changes hands."""
