"""Tables of tasks. Rows about a customer carry that customer's scope; a person's own to-do carries the person's."""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="tasks")

_INSTANT = DateTime(timezone=True)

task = Table(
    "task",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("origin_room", Text, nullable=False),
    Column("origin_kind", Text, nullable=False),
    Column("origin_id", Text, nullable=False),
    Column("customer_no", Integer, nullable=False),  # 0: no customer
    Column("institution_id", Integer, nullable=False),
    Column("assignee_id", Integer, nullable=False),
    Column("line", Text, nullable=False),
    Column("title", JSONB, nullable=False),
    Column("why", JSONB, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("value_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("result", Text),
    Column("closed_by", Integer),
    Column("closed_at", _INSTANT),
    Column("closed_on", Date),
    Column("created_at", _INSTANT, nullable=False),
    Column("version", Integer, nullable=False),
    Column("personal", Boolean, nullable=False, server_default="false"),  # stays with whoever it was meant for
    info={"data_class": "C2", "retention": "5 years after closing"},
)

assignment = Table(
    "assignment",  # the last word heard on who looks after a customer, for tasks that were asked for before it came
    metadata,
    Column("customer_no", Integer, primary_key=True),
    Column("institution_id", Integer, nullable=False),
    Column("manager_id", Integer, nullable=False),  # 0: nobody manages this customer
    Column("line", Text),  # nothing from a time when it was not told
    Column("version", BigInteger, nullable=False),  # 0: nothing heard yet
    info={"data_class": "C2", "retention": "as long as the customer"},
)
