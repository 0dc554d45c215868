"""Reading the PKDD'99 files of a real, anonymised Czech bank.

`;`-separated, dates YYMMDD, the month of a woman's birth number plus 50. Nothing dated after LAST_DAY is kept, because
the transactions at hand end there. How a loan turned out (`status`) is never read.
"""

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import TextIOWrapper
from pathlib import Path

from demobank.feed import BankError

LAST_DAY = date(1994, 3, 31)
WOMEN_MONTH_OFFSET = 50
CENTURY = 1900

K_SYMBOL_CATEGORY = {
    "UROK": "interest",
    "DUCHOD": "pension",
    "SLUZBY": "fee",
    "SANKC. UROK": "fee",
    "UVER": "loan",
    "POJISTNE": "insurance",
    "SIPO": "household",
}
OPERATION_CATEGORY = {
    "VKLAD": "cash",
    "VYBER": "cash",
    "VYBER KARTOU": "card",
    "PREVOD Z UCTU": "transfer",
    "PREVOD NA UCET": "transfer",
}
DIRECTION = {"PRIJEM": "credit", "VYDAJ": "debit", "VYBER": "debit"}


@dataclass(frozen=True, slots=True)
class Transaction:
    transaction_id: str
    account_id: str
    day: date
    direction: str
    amount_minor: int
    category: str
    counterparty: str
    text: str
    stated_balance_minor: int

    @property
    def signed_minor(self) -> int:
        return self.amount_minor if self.direction == "credit" else -self.amount_minor


@dataclass(frozen=True, slots=True)
class Client:
    client_id: str
    district_id: str
    birth_date: date
    sex: str
    since: date


@dataclass(frozen=True, slots=True)
class Account:
    """A deposit account, or a loan or card that hangs on one (then under its own prefixed number)."""

    account_id: str
    owner_id: str
    kind: str
    district_id: str
    opened_on: date
    product: str
    principal_minor: int | None


@dataclass(frozen=True, slots=True)
class Books:
    districts: list[tuple[str, str, str]]  # district id, its name, the name of its region
    clients: list[Client]
    accounts: list[Account]
    transactions: list[Transaction]


def read_books(folder: Path) -> Books:
    """All that the files say up to LAST_DAY; BankError where a file is missing or not what it should be."""
    try:
        deposits, openings = _read_deposits(folder)
        clients, owners = _read_clients(folder, openings)
        accounts = [
            *(
                Account(number, owners[number], "demand", district, opened, "", None)
                for number, district, opened in deposits
            ),
            *_read_loans(folder, deposits, owners),
            *_read_cards(folder, deposits, owners),
        ]
        return Books(
            districts=[(row["A1"], row["A2"], row["A3"]) for row in _rows(folder / "district.asc")],
            clients=clients,
            accounts=[account for account in accounts if account.opened_on <= LAST_DAY],
            transactions=[each for each in _read_transactions(folder) if each.day <= LAST_DAY],
        )
    except FileNotFoundError as error:
        raise BankError(f"not a folder of PKDD'99 files: {error.filename} is missing") from None
    except (KeyError, ValueError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BankError(f"not a folder of PKDD'99 files: {error!r}") from None


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with (
        path.open("rb") as packed,
        gzip.open(packed) if path.suffix == ".gz" else packed as plain,
        TextIOWrapper(plain, encoding="ascii", newline="") as text,
    ):
        yield from csv.DictReader(text, delimiter=";")


def _day(text: str) -> date:
    """YYMMDD, a time after a blank is dropped."""
    return date(CENTURY + int(text[:2]), int(text[2:4]), int(text[4:6]))


def _minor(text: str) -> int:
    units, _, rest = text.partition(".")
    sign = -1 if units.startswith("-") else 1
    return int(units) * 100 + sign * int(f"{rest:0<2}"[:2] or "0")


def _read_deposits(folder: Path) -> tuple[list[tuple[str, str, date]], dict[str, date]]:
    deposits = [(row["account_id"], row["district_id"], _day(row["date"])) for row in _rows(folder / "account.asc")]
    return deposits, {number: opened for number, _, opened in deposits}


def _read_clients(folder: Path, openings: dict[str, date]) -> tuple[list[Client], dict[str, str]]:
    """Clients with the day their first account opened, whatever their right over it; and the owner of each account."""
    since: dict[str, date] = {}
    owners: dict[str, str] = {}
    for row in _rows(folder / "disp.asc"):
        opened = openings[row["account_id"]]
        since[row["client_id"]] = min(opened, since.get(row["client_id"], opened))
        if row["type"] == "OWNER":
            owners[row["account_id"]] = row["client_id"]
    clients = []
    for row in _rows(folder / "client.asc"):
        first = since.get(row["client_id"])
        if first is not None and first <= LAST_DAY:
            born, sex = _birth(row["birth_number"])
            clients.append(Client(row["client_id"], row["district_id"], born, sex, first))
    return clients, owners


def _birth(number: str) -> tuple[date, str]:
    """A Czech birth number: YYMMDD, a woman's month plus 50."""
    month = int(number[2:4])
    sex = "f" if month > WOMEN_MONTH_OFFSET else "m"
    return date(CENTURY + int(number[:2]), month - (WOMEN_MONTH_OFFSET if sex == "f" else 0), int(number[4:6])), sex


def _read_loans(folder: Path, deposits: list[tuple[str, str, date]], owners: dict[str, str]) -> Iterator[Account]:
    district = {number: place for number, place, _ in deposits}
    for row in _rows(folder / "loan.asc"):
        account = row["account_id"]
        yield Account(
            account_id=f"loan-{row['loan_id']}",
            owner_id=owners[account],
            kind="loan",
            district_id=district[account],
            opened_on=_day(row["date"]),
            product=f"{row['duration']} months",
            principal_minor=_minor(row["amount"]),
        )


def _read_cards(folder: Path, deposits: list[tuple[str, str, date]], owners: dict[str, str]) -> Iterator[Account]:
    district = {number: place for number, place, _ in deposits}
    account_of = {row["disp_id"]: row["account_id"] for row in _rows(folder / "disp.asc")}
    for row in _rows(folder / "card.asc"):
        account = account_of[row["disp_id"]]
        yield Account(
            account_id=f"card-{row['card_id']}",
            owner_id=owners[account],
            kind="card",
            district_id=district[account],
            opened_on=_day(row["issued"]),
            product=row["type"],
            principal_minor=None,
        )


def _read_transactions(folder: Path) -> Iterator[Transaction]:
    for row in _rows(folder / "trans.asc.gz"):
        symbol = row["k_symbol"].strip()
        yield Transaction(
            transaction_id=row["trans_id"],
            account_id=row["account_id"],
            day=_day(row["date"]),
            direction=DIRECTION[row["type"]],
            amount_minor=_minor(row["amount"]),
            category=K_SYMBOL_CATEGORY.get(symbol) or OPERATION_CATEGORY.get(row["operation"], "other"),
            counterparty=" ".join(part for part in (row["bank"].strip(), row["account"].strip()) if part),
            text=" ".join(part for part in (row["operation"], symbol) if part),
            stated_balance_minor=_minor(row["balance"]),
        )
