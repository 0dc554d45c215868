"""Tables of insight: signals with the facts that raised them, and the days whose facts were looked at."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="insight")

_INSTANT = DateTime(timezone=True)

signal = Table(
    "signal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_no", Integer, nullable=False),
    Column("institution_id", Integer, nullable=False),
    Column("manager_id", Integer, nullable=False),  # 0: nobody manages this customer
    Column("line", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("bank_date", Date, nullable=False),
    Column("raised_by", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("account_code", Text),  # empty where the customer as a whole is meant
    Column("figures", JSONB),  # empty of what was raised before they were kept here
    info={"data_class": "C2", "retention": "5 years"},
)

run = Table(
    "run",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("bank_date", Date, primary_key=True),
    Column("rule_version", Integer, nullable=False),
    Column("found", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("done_at", _INSTANT, nullable=False),
    Column("missing", Text),  # the facts without which the rule could not look
    info={"data_class": "C1", "retention": "5 years"},
)
