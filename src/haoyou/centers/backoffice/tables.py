"""Tables of backoffice: what arrived, and which landed files count."""

from sqlalchemy import BigInteger, Column, Date, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="backoffice")

_INSTANT = DateTime(timezone=True)

import_run = Table(
    "import_run",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("bank_date", Date, nullable=False),
    Column("currency", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("report", JSONB, nullable=False),
    Column("known_at", _INSTANT, nullable=False),
    Column("done_at", _INSTANT),
    info={"data_class": "C1", "retention": "10 years"},
)

snapshot = Table(
    "snapshot",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("dataset", Text, primary_key=True),
    Column("bank_date", Date, nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    info={"data_class": "C1", "retention": "10 years"},
)
