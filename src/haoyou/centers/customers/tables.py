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
    Column("birth_index", Text),  # of name and birth date together
    Column("uscc", Text),
    Column("since", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),  # keyed, of the row as the bank sent it: the same again is passed over
    Column("handover_version", BigInteger, nullable=False, server_default="0"),
    info={"data_class": "C2", "retention": "5 years after the relationship ends"},
)

listing = Table(
    "listing",
    metadata,
    Column("customer_no", Integer, primary_key=True, autoincrement=False),
    *_scope(),
    Column("kind", Text, nullable=False),
    Column("sort_name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("deposits_minor", BigInteger, nullable=False),
    Column("loans_minor", BigInteger, nullable=False),
    Column("aum_minor", BigInteger, nullable=False),
    Column("tier", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("last_contact_on", Date, nullable=False),
    Column("next_maturity_on", Date, nullable=False),
    Column("open_opportunities", Integer, nullable=False),
    Column("stamp_version", BigInteger, nullable=False),
    Column("members", Integer, nullable=False, server_default="1"),
    info={"data_class": "C2", "retention": "with the customer"},
)
"""One row a customer. Of a merged one the survivor has a row over all members; what each has alone stands in member."""

token = Table(
    "token",
    metadata,
    Column("customer_no", Integer, primary_key=True),
    Column("token", Text, primary_key=True),
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
    Column("balance_known", Boolean, nullable=False),  # whether the bank has said a balance yet
    Column("principal_minor", BigInteger),
    Column("opened_on", Date, nullable=False),
    Column("closed_on", Date),
    Column("as_of", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("rate_ppm", Integer),
    Column("matures_on", Date),  # of a deposit; of a loan the day it is due, of a card the day it expires
    Column("limit_minor", BigInteger),
    Column("status", Text),
    Column("terms_version", Integer, nullable=False),
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
    Column("withdrawn", Boolean, nullable=False, server_default="false"),  # it was only in a report that was withdrawn
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

saved_view = Table(
    "saved_view",  # a filter and an order of the list, by name; it holds no customer's data
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("staff_id", Integer, nullable=False),
    Column("institution_id", Integer, nullable=False),  # where it is shared; 0: only its owner sees it
    Column("name", JSONB, nullable=False),
    Column("filter", JSONB, nullable=False),
    Column("used_at", _INSTANT, nullable=False),
    Column("version", Integer, nullable=False),
    info={"data_class": "C1", "retention": "until its owner removes it"},
)

relationship = Table(
    "relationship",
    metadata,
    Column("customer_no", Integer, primary_key=True),
    Column("other_no", Integer, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("outward", Boolean, primary_key=True),
    Column("from_date", Date, primary_key=True),
    *_scope(),
    Column("to_date", Date),
    Column("share_ppm", Integer),
    Column("version", Integer, nullable=False),
    info={"data_class": "C2", "retention": "5 years after it ended"},
)
"""Every relationship stands here twice, once for each end: `outward` in the row of the customer it starts from."""

profile = Table(
    "profile",
    metadata,
    Column("customer_no", Integer, primary_key=True, autoincrement=False),
    *_scope(),
    Column("address", LargeBinary),
    Column("occupation", Text),
    Column("risk_level", Integer),
    info={"data_class": "C2", "retention": "5 years after the relationship ends"},
)

position_day = Table(
    "position_day",
    metadata,
    Column("customer_no", Integer, primary_key=True),
    Column("bank_date", Date, primary_key=True),
    *_scope(),
    Column("deposits_minor", BigInteger, nullable=False),
    Column("wealth_minor", BigInteger, nullable=False),
    Column("loans_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    info={"data_class": "C2", "retention": "5 years"},
)
"""What a customer had at the end of a bank day; a day without a row is like the day before."""

document_kind = Table(
    "document_kind",
    metadata,
    Column("code", Text, primary_key=True),
    Column("applies_to", Text, nullable=False),
    Column("name", JSONB, nullable=False),
    Column("required", Boolean, nullable=False),
    Column("place", Integer, nullable=False),
    info={"data_class": "C1", "retention": "while in use"},
)

document = Table(
    "document",
    metadata,
    Column("customer_no", Integer, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    *_scope(),
    Column("expires_on", Date),
    Column("noted_by", Integer, nullable=False),
    Column("noted_at", _INSTANT, nullable=False),
    Column("reminded_for", Date),
    info={"data_class": "C2", "retention": "5 years after the relationship ends"},
)
"""What the bank's feed and what staff say of a document, by `origin`. Without `expires_on` it holds for good."""

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

merge = Table(
    "merge",  # that one number (the loser) is the same customer as another (customer_no, the survivor), until undone
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_no", Integer, nullable=False),
    Column("loser_no", Integer, nullable=False),
    *_scope(),
    Column("reason", Text, nullable=False),
    Column("merged_by", Integer, nullable=False),
    Column("merged_at", _INSTANT, nullable=False),
    Column("merged_on", Date, nullable=False),
    Column("undone_by", Integer),
    Column("undone_at", _INSTANT),
    Column("undone_reason", Text),
    info={"data_class": "C2", "retention": "5 years after the relationship ends"},
)

member = Table(
    "member",  # every number of a merged customer, the survivor's too, with what stands in listing while it is alone
    metadata,
    Column("customer_no", Integer, primary_key=True, autoincrement=False),
    *_scope(),
    Column("survivor_no", Integer, nullable=False),
    Column("own_institution_id", Integer, nullable=False),  # where the bank's feed says this number belongs
    Column("own_line", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("deposits_minor", BigInteger, nullable=False),
    Column("loans_minor", BigInteger, nullable=False),
    Column("aum_minor", BigInteger, nullable=False),
    Column("tier", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("last_contact_on", Date, nullable=False),
    Column("next_maturity_on", Date, nullable=False),
    Column("open_opportunities", Integer, nullable=False),
    Column("stamp_version", BigInteger, nullable=False),
    info={"data_class": "C2", "retention": "with the customer"},
)

duplicate = Table(
    "duplicate",
    metadata,
    Column("customer_no", Integer, primary_key=True),
    Column("other_no", Integer, primary_key=True),
    *_scope(),
    Column("score", Integer, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("found_on", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", Integer),
    Column("decided_at", _INSTANT),
    Column("decided_reason", Text),
    info={"data_class": "C2", "retention": "with the customer"},
)
"""Two numbers that may be one customer; every pair stands here twice, once for each end."""

report_draft = Table(
    "report_draft",  # its author's alone; the customer must be in sight as well
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_no", Integer, nullable=False),
    Column("author_id", Integer, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("saved_at", _INSTANT, nullable=False),
    info={"data_class": "C2", "retention": "until it is filed or thrown away"},
)

report = Table(
    "report",  # that there is one; what it says lies in report_text, which asks the level
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_no", Integer, nullable=False),
    *_scope(),
    Column("author_id", Integer, nullable=False),
    Column("level", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("met_on", Date, nullable=False),
    Column("contact_id", Uuid, nullable=False),
    Column("own_contact", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("filed_at", _INSTANT, nullable=False),
    Column("withdrawn_at", _INSTANT),
    info={"data_class": "C2", "retention": "5 years after the relationship ends"},
)

report_reader = Table(
    "report_reader",
    metadata,
    Column("report_id", Uuid, primary_key=True),
    Column("staff_id", Integer, primary_key=True),
    Column("author_id", Integer, nullable=False),
    info={"data_class": "C1", "retention": "with the report", "customer_data": True},
)

report_text = Table(
    "report_text",  # one row a version, the newest counts; never changed
    metadata,
    Column("report_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("content", JSONB, nullable=False),
    Column("why", Text, nullable=False),
    Column("written_by", Integer, nullable=False),
    Column("written_at", _INSTANT, nullable=False),
    info={"data_class": "C2", "retention": "with the report", "customer_data": True},
)

report_step = Table(
    "report_step",
    metadata,
    Column("report_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("what", Text, nullable=False),
    Column("staff_id", Integer, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("follow_up_id", Uuid, nullable=False),
    Column("done_by", Integer),
    Column("done_at", _INSTANT),
    info={"data_class": "C2", "retention": "with the report", "customer_data": True},
)

SCOPED = (
    customer,
    listing,
    token,
    holding,
    assignment,
    decision,
    move_item,
    contact,
    reservation,
    consent,
    relationship,
    profile,
    position_day,
    document,
    report,
    merge,
    member,
    duplicate,
)
"""All of them move together when a customer changes hands."""
