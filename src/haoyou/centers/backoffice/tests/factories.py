"""Feed folders for tests: a bank of one branch and a few customers, written as a sender writes them."""

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row as Found
from sqlalchemy import text

from haoyou.centers.backoffice import jobs
from haoyou.kernel.db.engine import role_of
from haoyou.kernel.house import House
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
    inbox: Path, datasets: Mapping[str, Sequence[Row]], *, day: date = DAY, said: Mapping[str, object] | None = None
) -> Path:
    """The folder of one bank day; what is `said` stands in the manifest instead of the truth."""
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
    (folder / door.MANIFEST).write_text(json.dumps(manifest | {"datasets": entries} | dict(said or {})))
    return folder


def next_day(*movements: Row, day: date = DAY + timedelta(days=1)) -> Mapping[str, Sequence[Row]]:
    """A day on which only money moved."""
    return {"balances": [balance("A1", "1.00", day)], "transactions": movements}


async def import_feed(house: House, folder: Path) -> None:
    """Take a feed folder the way the operator's command does."""
    await jobs.import_feed(house, folder)


async def read_rows(house: House, words: str, *, room: str) -> list[Found[Any]]:
    """What a statement finds in a room that the feed has filled, whoever may see it."""
    async with house.engine.begin() as connection:
        become = text("select set_config('role', :role, true), set_config('app.all', 'on', true)")
        await connection.execute(become, {"role": role_of(room)})
        return list((await connection.execute(text(words))).all())


async def read_customers(house: House) -> dict[str, tuple[str | None, int]]:
    """Name and money of everybody, by the bank's number."""
    words = (
        "select c.code, c.name, l.aum_minor from customers.customer c join customers.listing l on l.customer_no = c.no"
    )
    return {row.code: (row.name, row.aum_minor) for row in await read_rows(house, words, room="customers")}
