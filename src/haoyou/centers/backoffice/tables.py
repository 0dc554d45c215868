"""Tables of backoffice: what arrived, and which landed files count."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, MetaData, Table, Text
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
    Column("version", Integer, nullable=False),
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
    Column("superseded_by", Text),
    info={"data_class": "C1", "retention": "10 years"},
)

source = Table(
    "source",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text),
    Column("owner", Text, nullable=False),
    Column("licence", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("expected_days", Integer, nullable=False),
    Column("expires_on", Date),
    Column("version", Integer, nullable=False),
    Column("saved_at", _INSTANT, nullable=False),
    info={"data_class": "C1", "retention": "10 years"},
)
