"""The kernel's own tables. Rooms only insert into outbox and audit, and see their own inbox and idempotency rows."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="kernel")

_INSTANT = DateTime(timezone=True)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("room", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("version", SmallInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("partition", SmallInteger, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("caused_by", Integer, nullable=False),
    Column("request_ref", Text, nullable=False),
    Column("told_at", _INSTANT, nullable=False),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    Column("next_try_at", _INSTANT),
    Column("parked_at", _INSTANT),
    Column("last_error", Text),
    Column("delivered_at", _INSTANT),
    info={"data_class": "C2", "retention": "7 days after delivery"},
    implicit_returning=False,  # rooms may insert here, not read
)

inbox = Table(
    "inbox",
    metadata,
    Column("room", Text, primary_key=True),
    Column("consumer", Text, primary_key=True),
    Column("message_id", Uuid, primary_key=True),
    Column("done_at", _INSTANT, nullable=False),
    info={"data_class": "C1", "retention": "30 days"},
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("room", Text, primary_key=True),
    Column("principal", Text, primary_key=True),
    Column("key", Uuid, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("made_at", _INSTANT, nullable=False),
    info={"data_class": "C2", "retention": "24 hours"},
)

audit_pending = Table(
    "audit_pending",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("entry", JSONB, nullable=False),
    Column("at", _INSTANT, nullable=False),
    info={"data_class": "C1", "retention": "until sealed"},
    implicit_returning=False,
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", _INSTANT, nullable=False),
    Column("entry", JSONB, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    info={"data_class": "C1", "retention": "10 years"},
)

audit_seal = Table(
    "audit_seal",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("sealed_at", _INSTANT, nullable=False),
    info={"data_class": "C1", "retention": "for ever"},
)
