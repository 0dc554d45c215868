"""Tables of identity. No customer data: rights to these rows are decided by permission, not by row-level security."""

from sqlalchemy import ARRAY, Boolean, Column, Date, DateTime, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="identity")

_INSTANT = DateTime(timezone=True)

institution = Table(
    "institution",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", JSONB, nullable=False),
    Column("kind", Text, nullable=False),
    Column("parent_id", Integer),
    Column("closed_on", Date),
    Column("fed", JSONB),
    info={"data_class": "C1", "retention": "for ever"},
)

role = Table(
    "role",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", JSONB, nullable=False),
    Column("reach", Text, nullable=False),
    Column("permissions", ARRAY(Text), nullable=False),
    info={"data_class": "C1", "retention": "for ever"},
)

staff = Table(
    "staff",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("left_on", Date),
    Column("password_hash", Text),
    Column("locked", Boolean, nullable=False, server_default="false"),
    Column("must_change", Boolean, nullable=False, server_default="false"),
    info={"data_class": "C3", "retention": "10 years after leaving"},
)

post = Table(
    "post",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("staff_id", Integer, nullable=False),
    Column("institution_id", Integer, nullable=False),
    Column("role", Text, nullable=False),
    Column("lines", ARRAY(Text), nullable=False),
    Column("from_feed", Boolean, nullable=False),
    Column("ended_at", _INSTANT),
    info={"data_class": "C1", "retention": "10 years after leaving"},
)

session = Table(
    "session",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("staff_id", Integer, nullable=False),
    Column("post_id", Integer, nullable=False),
    Column("device", Text, nullable=False),
    Column("created_at", _INSTANT, nullable=False),
    Column("seen_at", _INSTANT, nullable=False),
    Column("ended_at", _INSTANT),
    Column("end_reason", Text),
    Column("way", Text, nullable=False, server_default="password"),
    info={"data_class": "C3", "retention": "180 days"},
)

sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    Column("login", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("locked_until", _INSTANT),
    Column("last_at", _INSTANT, nullable=False),
    info={"data_class": "C1", "retention": "180 days"},
)

sign_on_flow = Table(
    "sign_on_flow",
    metadata,
    Column("state_hash", Text, primary_key=True),
    Column("browser_hash", Text, nullable=False),
    Column("return_to", Text, nullable=False),
    Column("started_at", _INSTANT, nullable=False),
    info={"data_class": "C1", "retention": "10 minutes"},
)

bank_day = Table(
    "bank_day",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("business_date", Date, nullable=False),
    Column("opened_on", Date, nullable=False),
    Column("currency", Text, nullable=False),
    info={"data_class": "C1", "retention": "for ever"},
)
