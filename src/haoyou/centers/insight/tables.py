"""Tables of insight: signals with the facts that raised them, and the days whose facts were looked at."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, MetaData, Table, Text, Uuid

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
    Column("transaction_code", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
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
    info={"data_class": "C1", "retention": "5 years"},
)
