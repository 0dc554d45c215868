"""The bank's ledger, the lake and the rooms agree to the fen on every day the bank lives, whatever befalls its feeds.

An invented bank lives day by day; one day in three its feed comes late, twice, or with wrong amounts that are restated
the day after. Each day is imported, and when no correction is outstanding three readings are held against each other:
the bank's journal, the transactions of the lake, the balances of customers and the sums on their list. At the end every
folder that was ever sent is imported once more, and nothing may change.
"""

import asyncio
import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import TypeVar

import duckdb
import psycopg
from psycopg import sql

from bench.chance import seeded
from bench.figure import Figure, exactly
from bench.house import administrator, make_small_bank, own_home, running_house
from haoyou import bank as banks
from haoyou.ground import Ground, open_ground
from haoyou.kernel.house import House
from haoyou.kernel.settings import Settings
from haoyou.lake.query import Lake

FAULTS = ("late-feed", "duplicate-feed", "restated-day")
FAULT_SHARE = 1 / 3
DEPOSITS = ("demand", "term")
KEPT = ("customer", "holding", "listing", "assignment", "relationship", "position_day")
Key = TypeVar("Key", date, str)


@dataclass(frozen=True, slots=True)
class Bank:
    customers: int
    days: int


@dataclass(frozen=True, slots=True)
class Dose:
    banks: tuple[Bank, ...]
    seed: int


FULL = Dose(banks=(Bank(20_000, 90), Bank(1_000_000, 3)), seed=20261122)
SMALL = Dose(banks=(Bank(100, 4),), seed=20261122)


@dataclass
class Tally:
    """Days lived and days on which nothing was outstanding; differences are accounts, days or sums that disagree."""

    days: int = 0
    compared: int = 0
    faults: int = 0
    journal_against_lake: int = 0
    journal_against_rooms: int = 0
    list_against_rooms: int = 0
    changed_by_repeating: int = 0
    longest_import_s: float = 0.0


def measure(dose: Dose) -> list[Figure]:
    figures: list[Figure] = []
    for bank in dose.banks:
        with own_home() as home:
            make_small_bank(home, customers=bank.customers, days=0)
            sent = home.parent / "sent"
            with open_ground(Settings(home=home)) as ground, administrator(home) as connection:
                tally = asyncio.run(_live(ground, connection, bank, seeded(dose.seed), sent))
        name = f"books.{bank.customers}"
        figures += [
            exactly(f"{name}.days", tally.days, "count", bank.days),
            Figure(f"{name}.days_compared", tally.compared, "count", at_least=1),
            Figure(f"{name}.faults", tally.faults, "count", at_least=1),
            exactly(f"{name}.journal_against_lake", tally.journal_against_lake, "days", 0),
            exactly(f"{name}.journal_against_rooms", tally.journal_against_rooms, "accounts", 0),
            exactly(f"{name}.list_against_rooms", tally.list_against_rooms, "count", 0),
            exactly(f"{name}.changed_by_repeating", tally.changed_by_repeating, "count", 0),
            Figure(f"{name}.longest_day", tally.longest_import_s, "s"),
        ]
    return figures


async def _live(ground: Ground, connection: psycopg.Connection, bank: Bank, chance: Random, sent: Path) -> Tally:
    tally = Tally()
    async with running_house(ground) as house:
        home = house.settings.home
        for number in range(bank.days):
            last = number == bank.days - 1  # what is outstanding needs a day without a fault to come
            fault = FAULTS[number % len(FAULTS)] if not last and chance.random() < FAULT_SHARE else None
            if number == 0 and bank.days > 1:
                fault = "restated-day"  # however the dice fall, something befalls
            if fault:
                banks.tell(home, "fault", fault, "--days", "1")
                tally.faults += 1
            await asyncio.to_thread(banks.tell, home, "advance", "--days", "1")
            _keep(home / "inbox", sent)
            began = time.monotonic()
            await banks.import_inbox(house, lambda _line: None)
            tally.longest_import_s = max(tally.longest_import_s, time.monotonic() - began)
            tally.days += 1
            if not json.loads((home / "bank-state.json").read_text())["pending"]:
                tally.compared += 1
                await asyncio.to_thread(_compare, home, connection, tally)
        await _repeat(house, connection, sent, tally)
    return tally


def _keep(inbox: Path, sent: Path) -> None:
    for folder in sorted(inbox.glob("????-??-??")):
        shutil.copytree(folder, sent / f"{len(list(sent.glob('*'))):04d}" / folder.name)


def _compare(home: Path, connection: psycopg.Connection, tally: Tally) -> None:
    with duckdb.connect(str(home / "bank-state.books.duckdb"), read_only=True) as books:
        first = books.execute("SELECT min(bank_date) FROM feeds").fetchone()
        assert first
        told = dict(
            books.execute(
                """SELECT greatest(bank_date, ?), (sum(amount))::BIGINT FROM
                   (SELECT bank_date, amount_fen AS amount FROM journal WHERE credit >= 1000000000000
                    UNION ALL SELECT bank_date, -amount_fen FROM journal WHERE debit >= 1000000000000)
                   GROUP BY 1""",
                [first[0]],
            ).fetchall()
        )
        owed = dict(
            books.execute(
                """SELECT account::VARCHAR, if(kind IN ('loan', 'card'), -balance_fen, balance_fen)
                   FROM accounts"""
            ).fetchall()
        )
    tally.journal_against_lake += _differing(told, _in_lake(home, connection, first[0]))
    held = dict(connection.execute("select code, balance_minor from customers.holding").fetchall())
    tally.journal_against_rooms += _differing(owed, held)
    tally.list_against_rooms += _lists_that_differ(connection)


def _in_lake(home: Path, connection: psycopg.Connection, first: date) -> dict[date, int]:
    files = connection.execute(
        "select path from backoffice.snapshot where dataset = 'transactions' and superseded_by is null"
    ).fetchall()
    with Lake.open({"transactions": [home / "lake" / path for (path,) in files]}) as lake:
        return dict(
            lake.rows(
                """SELECT greatest(bank_date, $first),
                          sum(CASE direction WHEN 'credit' THEN amount_minor ELSE -amount_minor END)::BIGINT
                   FROM transactions GROUP BY 1""",
                {"first": first},
            )
        )


def _differing(one: Mapping[Key, int], other: Mapping[Key, int]) -> int:
    return sum(one.get(key, 0) != other.get(key, 0) for key in one.keys() | other.keys())


def _lists_that_differ(connection: psycopg.Connection) -> int:
    """Customers whose sums on the list are not those of their holdings."""
    row = connection.execute(
        """select count(*) from customers.listing l left join (
             select customer_no, sum(balance_minor) filter (where kind = any(%s)) deposits,
                    sum(balance_minor) filter (where kind = 'loan') loans
             from customers.holding where closed_on is null group by 1) h using (customer_no)
           where l.deposits_minor <> coalesce(h.deposits, 0) or l.loans_minor <> coalesce(h.loans, 0)""",
        [list(DEPOSITS)],
    ).fetchone()
    assert row
    return int(row[0])


async def _repeat(house: House, connection: psycopg.Connection, sent: Path, tally: Tally) -> None:
    """Every folder once more, in the order they came: a bank that sends its days again changes nothing."""
    before = _print_of(connection)
    for folder in await asyncio.to_thread(lambda: sorted(sent.glob("*/*"))):
        shutil.copytree(folder, house.settings.home / "inbox" / folder.name)
        await banks.import_inbox(house, lambda _line: None)
    after = _print_of(connection)
    tally.changed_by_repeating = sum(before[table] != after[table] for table in before)


def _print_of(connection: psycopg.Connection) -> dict[str, object]:
    """What the rooms hold of the feed, as one figure a table."""
    read = "select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from {} t"
    return {
        table: connection.execute(sql.SQL(read).format(sql.Identifier("customers", table))).fetchone() for table in KEPT
    }
