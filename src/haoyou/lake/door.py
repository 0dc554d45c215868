"""The door: what a feed folder may hold, column by column. docs/door.md tells a bank the same in words."""

from dataclasses import dataclass
from typing import Literal

FORMAT = "haoyou-feed/1"
MANIFEST = "manifest.json"

Kind = Literal["text", "date", "money", "int", "code", "rate"]
DataClass = Literal["C1", "C2", "C3"]


@dataclass(frozen=True, slots=True)
class Column:
    """`choices`: the words a code may be. `many`: several of them, joined by `;`. `positive`: money above zero.

    A column that is not required may be empty, and may be absent from the file. `refers`: the reference dataset whose
    key it names; a row that names nobody known lands all the same and is counted as an orphan.
    """

    name: str
    kind: Kind = "text"
    required: bool = True
    data_class: DataClass = "C1"
    choices: tuple[str, ...] = ()
    many: bool = False
    positive: bool = False
    refers: str = ""

    @property
    def stored_name(self) -> str:
        """Money is kept as whole minor units, a rate as parts per million, and both say so in their names."""
        return self.name + {"money": "_minor", "rate": "_ppm"}.get(self.kind, "")

    @property
    def stored_type(self) -> str:
        """The DuckDB type of the stored column."""
        return {"text": "VARCHAR", "code": "VARCHAR", "date": "DATE"}.get(self.kind, "BIGINT")


@dataclass(frozen=True, slots=True)
class Dataset:
    """`reference`: rows are upserted by key; otherwise facts, each belonging to a bank day up to the feed's own.

    `total`: the money column whose sum the bank states as its control total.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    reference: bool
    total: str | None = None

    @property
    def groups(self) -> tuple[str, ...]:
        """By what a bank may state totals: dates, codes and plain groups of a row, and the product of its account."""
        own = [
            one.name for one in self.columns if (one.kind in ("date", "code") and not one.many) or one.name in _GROUPS
        ]
        return (*own, "product") if self.is_of_account else tuple(own)

    @property
    def is_of_account(self) -> bool:
        return any(one.refers == "accounts" for one in self.columns)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


_GROUPS = ("institution_id", "currency", "product", "product_id")

LINES = ("retail", "corporate")
ROLES = ("relationship_manager", "branch_manager", "lobby_manager", "head_office", "administrator")
CATEGORIES = (
    "cash",
    "transfer",
    "salary",
    "pension",
    "interest",
    "fee",
    "card",
    "loan",
    "insurance",
    "household",
    "other",
)
ACCOUNT_KINDS = ("demand", "term", "wealth", "loan", "card")
# What cannot be overdrawn. A demand account can, and a card is below zero when more was paid back than was owed.
NEVER_NEGATIVE = ("term", "wealth", "loan")
RELATIONSHIP_KINDS = ("household", "spouse", "parent", "owner", "legal_representative", "guarantor", "group")
CHANNELS = ("counter", "machine", "mobile", "web", "merchant", "batch")
LOAN_CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")
RISK_LEVELS = ("1", "2", "3", "4", "5")

INSTITUTIONS = Dataset(
    name="institutions",
    key=("institution_id",),
    reference=True,
    columns=(
        Column("institution_id"),
        Column("name_zh"),
        Column("name_en", required=False),
        Column("kind", "code", choices=("head", "branch", "outlet")),
        Column("parent_id", required=False, refers="institutions"),
    ),
)
STAFF = Dataset(
    name="staff",
    key=("staff_id",),
    reference=True,
    columns=(
        Column("staff_id"),
        Column("name", data_class="C2"),
        Column("institution_id", refers="institutions"),
        Column("role", "code", choices=ROLES),
        Column("lines", "code", choices=LINES, many=True),
        Column("phone", required=False, data_class="C2"),
        Column("left_on", "date", required=False),
    ),
)
CUSTOMERS = Dataset(
    name="customers",
    key=("customer_id",),
    reference=True,
    columns=(
        Column("customer_id"),
        Column("kind", "code", choices=("person", "organisation")),
        Column("name", required=False, data_class="C2"),
        Column("institution_id", refers="institutions"),
        Column("line", "code", choices=LINES),
        Column("birth_date", "date", required=False, data_class="C2"),
        Column("sex", "code", required=False, data_class="C2", choices=("m", "f")),
        Column("phone", required=False, data_class="C3"),
        Column("id_kind", required=False, data_class="C2"),
        Column("id_number", required=False, data_class="C3"),
        Column("uscc", required=False, data_class="C2"),
        Column("since", "date"),
        Column("address", required=False, data_class="C2"),
        Column("occupation", required=False, data_class="C2"),
        Column("id_expires_on", "date", required=False, data_class="C2"),
        Column("risk_level", "code", required=False, data_class="C2", choices=RISK_LEVELS),
        Column("risk_until", "date", required=False, data_class="C2"),
    ),
)
RELATIONSHIPS = Dataset(
    name="relationships",
    key=("from_customer_id", "to_customer_id", "kind", "from_date"),
    reference=True,
    columns=(
        Column("from_customer_id", refers="customers"),
        Column("to_customer_id", refers="customers"),
        Column("kind", "code", data_class="C2", choices=RELATIONSHIP_KINDS),
        Column("share", "rate", required=False, data_class="C2"),
        Column("from_date", "date"),
        Column("to_date", "date", required=False),
    ),
)
ASSIGNMENTS = Dataset(
    name="assignments",
    key=("customer_id", "staff_id", "kind", "from_date"),
    reference=True,
    columns=(
        Column("customer_id", refers="customers"),
        Column("staff_id", refers="staff"),
        Column("kind", "code", choices=("primary", "assisting")),
        Column("from_date", "date"),
        Column("to_date", "date", required=False),
    ),
)
ACCOUNTS = Dataset(
    name="accounts",
    key=("account_id",),
    reference=True,
    columns=(
        Column("account_id", data_class="C2"),
        Column("customer_id", refers="customers"),
        Column("kind", "code", choices=ACCOUNT_KINDS),
        Column("institution_id", refers="institutions"),
        Column("currency"),
        Column("opened_on", "date"),
        Column("closed_on", "date", required=False),
        Column("product", required=False),
        Column("principal", "money", required=False, data_class="C2", positive=True),
    ),
)
DEPOSITS = Dataset(
    name="deposits",
    key=("account_id",),
    reference=True,
    columns=(
        Column("account_id", data_class="C2", refers="accounts"),
        Column("rate", "rate"),
        Column("matures_on", "date", required=False),
        Column("renews", "code", required=False, choices=("yes", "no")),
    ),
)
LOANS = Dataset(
    name="loans",
    key=("account_id",),
    reference=True,
    columns=(
        Column("account_id", data_class="C2", refers="accounts"),
        Column("rate", "rate"),
        Column("granted_on", "date"),
        Column("due_on", "date"),
        Column("repayment", "code", choices=("annuity", "interest_only", "bullet")),
        Column("class", "code", data_class="C2", choices=LOAN_CLASSES),
        Column("overdue", "money", required=False, data_class="C2"),
    ),
)
CARDS = Dataset(
    name="cards",
    key=("account_id",),
    reference=True,
    columns=(
        Column("account_id", data_class="C2", refers="accounts"),
        Column("credit_limit", "money", data_class="C2"),
        Column("status", "code", choices=("active", "inactive", "blocked", "closed")),
        Column("expires_on", "date"),
    ),
)
PRODUCTS = Dataset(
    name="products",
    key=("product_id",),
    reference=True,
    columns=(
        Column("product_id"),
        Column("name_zh"),
        Column("name_en", required=False),
        Column("kind", "code", choices=ACCOUNT_KINDS),
        Column("risk_level", "code", required=False, choices=RISK_LEVELS),
        Column("from_date", "date"),
        Column("to_date", "date", required=False),
    ),
)
RATES = Dataset(
    name="rates",
    key=("product_id", "from_date"),
    reference=True,
    columns=(Column("product_id", refers="products"), Column("from_date", "date"), Column("rate", "rate")),
)
BALANCES = Dataset(
    name="balances",
    key=("account_id", "bank_date"),
    reference=False,
    total="balance",
    columns=(
        Column("account_id", data_class="C2", refers="accounts"),
        Column("bank_date", "date"),
        Column("balance", "money", data_class="C2"),
    ),
)
TRANSACTIONS = Dataset(
    name="transactions",
    key=("transaction_id",),
    reference=False,
    total="amount",
    columns=(
        Column("transaction_id"),
        Column("account_id", data_class="C2", refers="accounts"),
        Column("bank_date", "date"),
        Column("direction", "code", choices=("credit", "debit")),
        Column("amount", "money", data_class="C2", positive=True),
        Column("category", "code", choices=CATEGORIES),
        Column("counterparty", required=False, data_class="C2"),
        Column("text", required=False, data_class="C2"),
        Column("channel", "code", required=False, choices=CHANNELS),
    ),
)

# In the order they are landed: who there is before what they did.
DATASETS: tuple[Dataset, ...] = (
    INSTITUTIONS,
    STAFF,
    PRODUCTS,
    RATES,
    CUSTOMERS,
    RELATIONSHIPS,
    ASSIGNMENTS,
    ACCOUNTS,
    DEPOSITS,
    LOANS,
    CARDS,
    BALANCES,
    TRANSACTIONS,
)
BY_NAME: dict[str, Dataset] = {dataset.name: dataset for dataset in DATASETS}

# What landing adds to every row: whence it came and since when the house knows it.
ORIGIN_COLUMNS: tuple[tuple[str, str], ...] = (
    ("bank_date_of_feed", "DATE"),
    ("known_at", "TIMESTAMPTZ"),
    ("run_id", "VARCHAR"),
    ("source", "VARCHAR"),
    ("source_row", "BIGINT"),
)
