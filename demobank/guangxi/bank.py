# ruff: noqa: S608 - these statements are put together from the bank's own words and numbers
"""The demonstration bank as a writer of feed folders: its books live in a file of their own beside its state."""

import shutil
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

from duckdb import DuckDBPyConnection

from demobank.feed import BankError, FeedWriter
from demobank.guangxi.books import connect, transaction
from demobank.guangxi.check import Proof, prove
from demobank.guangxi.day import live_day
from demobank.guangxi.export import (
    BALANCES,
    BALANCES_ORDERED,
    CSV,
    CURRENCY,
    TRANSACTIONS,
    TRANSACTIONS_ORDERED,
    Sender,
    send_facts,
    send_references,
)
from demobank.guangxi.opening import evening_parts, open_books
from demobank.guangxi.shape import draw_shape
from demobank.guangxi.truth import tell_parameters
from demobank.state import FRIDAY, contacts_inbox, latest_weekday

# A mistake of the core system, for `fault restated-day`: every so manieth amount is told ten times too large.
MISTAKE_EVERY = 25
_MISTAKEN = f"""SELECT * REPLACE (if(h('mistake', entry, 0) % {MISTAKE_EVERY} = 0, amount_fen * 10,
    amount_fen) AS amount_fen)
                FROM day_moves"""


class GuangxiBank:
    """The invented bank as of the last day written."""

    currency = CURRENCY
    sheets: Mapping[str, tuple[str, ...]] = MappingProxyType({})  # DuckDB writes every file whole
    last_day: date | None = None
    end_sentence = ""

    def __init__(
        self,
        *,
        customers: int,
        seed: int,
        opening_day: date,
        state_path: Path,
        file_format: str,
        say: Callable[[str], None],
    ) -> None:
        self._shape = draw_shape(customers)
        self._seed = seed
        self._opening_day = opening_day
        self._books_path = books_path(state_path)
        self._inbox = contacts_inbox(state_path)
        self._format = file_format
        self._say = say
        self._connection: DuckDBPyConnection | None = None

    @staticmethod
    def opening_day(today: date) -> date:
        """The latest Friday up to today."""
        return latest_weekday(today, FRIDAY)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _books(self, *, is_new: bool = False) -> DuckDBPyConnection:
        if self._connection is None:
            if not is_new and not self._books_path.exists():
                raise BankError(f"the books of this bank are missing: {self._books_path} does not exist")
            self._connection = connect(self._books_path, seed=self._seed)
        return self._connection

    def write_opening(self, writer: FeedWriter) -> list[str]:
        """The bank as it stands and its history; every account's balance on the opening day."""
        # Books without a state belong to an opening that was killed: it is begun again.
        self._books_path.unlink(missing_ok=True)
        self._books_path.with_name(f"{self._books_path.name}.wal").unlink(missing_ok=True)
        self._inbox.mkdir(parents=True, exist_ok=True)
        parts = self._books_path.with_name(f".{self._books_path.name}.parts")
        shutil.rmtree(parts, ignore_errors=True)
        parts.mkdir(parents=True)
        try:
            said = open_books(
                self._books(is_new=True), shape=self._shape, seed=self._seed, opening=self._opening_day, parts=parts
            )
            self._books().execute(f"CREATE OR REPLACE TEMP VIEW stood AS {evening_parts(parts)}")
            self._books().execute("CREATE OR REPLACE TEMP VIEW moves AS SELECT * FROM journal")
            is_sorted = self._format == CSV
            if not is_sorted:
                self._books().execute("SET preserve_insertion_order = false")
            send_references(self._sender(writer), self._opening_day)
            send_facts(self._sender(writer), TRANSACTIONS_ORDERED if is_sorted else TRANSACTIONS, BALANCES)
            self._note_feed(writer, self._opening_day)
        finally:
            shutil.rmtree(parts, ignore_errors=True)
        return said

    def write_day(self, writer: FeedWriter, day: date, *, is_mistaken: bool = False) -> None:
        """Live the day, unless a run that was killed has lived it already, and tell it."""
        books = self._books()
        (evening,) = books.execute("SELECT bank_date FROM evening").fetchall()
        if evening[0] > day:
            raise BankError(f"the books are at {evening[0]}, further than the state: the two do not belong together")
        if evening[0] < day:
            with transaction(books):
                live_day(
                    books,
                    shape=self._shape,
                    day=day,
                    opening=self._opening_day,
                    inbox=self._inbox,
                    say=self._say,
                )
        books.execute(
            f"""CREATE OR REPLACE TEMP TABLE day_moves AS
                SELECT * FROM journal WHERE bank_date = DATE '{day}' ORDER BY entry"""
        )
        told = _MISTAKEN if is_mistaken else "SELECT * FROM day_moves"
        books.execute(f"CREATE OR REPLACE TEMP VIEW moves AS {told}")
        books.execute(
            f"""CREATE OR REPLACE TEMP VIEW stood AS SELECT account, DATE '{day}' AS bank_date, balance_fen
                FROM accounts
                WHERE account IN (SELECT credit FROM moves UNION ALL SELECT debit FROM moves)"""
        )
        send_references(self._sender(writer), day)
        send_facts(self._sender(writer), TRANSACTIONS_ORDERED, BALANCES_ORDERED)
        if not is_mistaken:
            self._note_feed(writer, day)

    def prove(self, out: Path) -> list[Proof]:
        """See `check`."""
        return prove(self._books(), out)

    def tell_truth(self) -> dict[str, object]:
        """How this bank's customers are moved, and how many were: for tests and `truth`, never for the house."""
        decided = self._books().execute(
            """SELECT topic, coalesce(contacted, false), count(*), count(*) FILTER (WHERE said_yes) FROM needs
               WHERE said_yes IS NOT NULL GROUP BY ALL ORDER BY ALL"""
        )
        found = [
            {"topic": topic, "contacted": contacted, "decided": count, "said_yes": yes}
            for topic, contacted, count, yes in decided.fetchall()
        ]
        return {**tell_parameters(), "decided": found}

    def _sender(self, writer: FeedWriter) -> Sender:
        return Sender(books=self._books(), writer=writer, format=self._format)

    def _note_feed(self, writer: FeedWriter, day: date) -> None:
        """What was told that day, for `check`."""
        books = self._books()
        with transaction(books):
            books.execute("DELETE FROM feeds WHERE bank_date = $day", {"day": day})
            for dataset, rows, minor in writer.told():
                books.execute("INSERT INTO feeds VALUES (?, ?, ?, ?)", [day, dataset, rows, minor])


def books_path(state_path: Path) -> Path:
    """Beside the state, under its name."""
    return state_path.with_suffix(".books.duckdb")
