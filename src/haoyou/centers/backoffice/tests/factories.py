"""Feed folders for tests: a bank of one branch and a few customers, written as a sender writes them."""

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from haoyou.lake import door

DAY = date(2026, 11, 20)
CURRENCY = "CNY"
OPENED = "2020-01-01"
Row = Mapping[str, str]

INSTITUTIONS = (
    {"institution_id": "O1", "name_zh": "一网点", "kind": "outlet", "parent_id": "H"},
    {"institution_id": "H", "name_zh": "总行", "kind": "head"},
)
STAFF = (
    {"staff_id": "S1", "name": "韦经理", "institution_id": "O1", "role": "relationship_manager", "lines": "retail"},
    {"staff_id": "S9", "name": "覃主任", "institution_id": "H", "role": "head_office", "lines": "retail;corporate"},
)


def customer(code: str, **said: str) -> Row:
    return {"customer_id": code, "kind": "person", "institution_id": "O1", "line": "retail", "since": OPENED} | said


def account(code: str, owner: str, **said: str) -> Row:
    usual = {"kind": "demand", "institution_id": "O1", "currency": CURRENCY, "opened_on": OPENED}
    return {"account_id": code, "customer_id": owner} | usual | said


def assignment(customer_code: str, staff: str = "S1") -> Row:
    return {"customer_id": customer_code, "staff_id": staff, "kind": "primary", "from_date": OPENED}


def balance(code: str, amount: str, day: date = DAY) -> Row:
    return {"account_id": code, "bank_date": day.isoformat(), "balance": amount}


def movement(code: str, account_code: str, amount: str, day: date = DAY, *, direction: str = "credit") -> Row:
    what = {"direction": direction, "amount": amount, "category": "transfer"}
    return {"transaction_id": code, "account_id": account_code, "bank_date": day.isoformat()} | what


OPENING: Mapping[str, Sequence[Row]] = {
    "institutions": INSTITUTIONS,
    "staff": STAFF,
    "customers": (customer("C1", name="王芳", phone="13811112222"), customer("C2", name="李强")),
    "assignments": (assignment("C1"), assignment("C2")),
    "accounts": (account("A1", "C1"), account("A2", "C2")),
    "balances": (balance("A1", "1200.00"), balance("A2", "80.50")),
    "transactions": (
        *(movement(f"T{n}", "A1", "200.00", DAY - timedelta(days=10 * n)) for n in range(1, 7)),
        movement("T9", "A2", "80.50"),
    ),
}
"""C1 has had six credits of 200.00, the last of them ten days ago."""


def write_feed(
    inbox: Path, datasets: Mapping[str, Sequence[Row]], *, day: date = DAY, **said: object
) -> Path:  # fmt: skip
    """The folder of one bank day; `said` stands in the manifest instead of the truth."""
    folder = inbox / day.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    entries: dict[str, object] = {}
    for name, rows in datasets.items():
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [column.name for column in door.BY_NAME[name].columns], restval="")
            writer.writeheader()
            writer.writerows(rows)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        entries[name] = {"file": path.name, "rows": len(rows), "sha256": digest}
    manifest = {"format": door.FORMAT, "source": "core", "bank_date": day.isoformat(), "currency": CURRENCY}
    (folder / door.MANIFEST).write_text(json.dumps(manifest | {"datasets": entries} | said))
    return folder


def next_day(*movements: Row, day: date = DAY + timedelta(days=1)) -> Mapping[str, Sequence[Row]]:
    """A day on which only money moved."""
    return {"balances": [balance("A1", "1.00", day)], "transactions": movements}
