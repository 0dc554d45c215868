# ruff: noqa: S608 - these statements are put together from the bank's own words and numbers
"""Opening the bank: its places, people and accounts, then their history, so many customers at a time."""

from datetime import date, timedelta
from pathlib import Path

from duckdb import DuckDBPyConnection

from demobank.guangxi import events, needs
from demobank.guangxi.accounts import add_accounts
from demobank.guangxi.books import TABLES
from demobank.guangxi.chart import OWN_ACCOUNTS
from demobank.guangxi.history import make_history
from demobank.guangxi.people import add_customers, add_staff, add_ties
from demobank.guangxi.places import draw_map, list_towns
from demobank.guangxi.products import FROM, PRODUCTS, RATES
from demobank.guangxi.shape import CHUNK_CUSTOMERS, Shape
from demobank.guangxi.sql import insert, quoted
from demobank.guangxi.words import KINDS, list_parties


def open_books(books: DuckDBPyConnection, *, shape: Shape, seed: int, opening: date, parts: Path) -> list[str]:
    """Fill empty books up to the opening evening; the history's evening balances go to `parts`.

    Answers what there is to say.
    """
    books.execute(TABLES)
    drawn = draw_map(shape.outlets)
    insert(books, "own_accounts", [(number, name, 0) for number, name in OWN_ACCOUNTS.items()])
    insert(books, "kinds", KINDS)
    insert(books, "parties", list_parties(seed))
    insert(books, "institutions", [(*row, opening) for row in drawn.rows])
    insert(books, "towns", list_towns())
    placed = [(n, o.institution_id, o.place, o.prefecture) for n, o in enumerate(drawn.outlets)]
    insert(books, "outlets", placed)
    insert(books, "products", [(*row, FROM, opening) for row in PRODUCTS])
    insert(books, "rates", [(*row, opening) for row in RATES])
    every = {"first": 0, "end": shape.customers}
    add_customers(books, **every, shape=shape, opening=opening, since=None, today=opening)
    add_staff(books, drawn=drawn, shape=shape, seed=seed, today=opening)
    add_ties(books, **every, today=opening)
    events.make_days(books, opening - timedelta(days=shape.history_days - 1), opening)
    for first in range(0, shape.customers, CHUNK_CUSTOMERS):
        end = min(first + CHUNK_CUSTOMERS, shape.customers)
        add_accounts(books, first=first, end=end, opening=opening, history_days=shape.history_days)
        make_history(books, first=first, end=end, shape=shape, opening=opening, evenings=parts / f"{first:08d}.parquet")
    sum_own_accounts(books)
    books.execute("UPDATE accounts SET interest_day = $opening WHERE kind = 'demand'", {"opening": opening})
    needs.open_needs_of_history(books, opening)
    books.execute("INSERT INTO evening VALUES ($opening)", {"opening": opening})
    staff = books.execute("SELECT count(*) FROM staff").fetchone()
    entries = books.execute("SELECT count(*) FROM journal").fetchone()
    assert staff and entries
    return [f"{shape.customers} customers at {shape.outlets} outlets, {staff[0]} staff, {entries[0]} entries"]


def evening_parts(parts: Path) -> str:
    """The history's evening balances, as one query over the files they were written to."""
    files = ", ".join(quoted(path) for path in sorted(parts.glob("*.parquet")))
    return f"SELECT * FROM read_parquet([{files}])"


def sum_own_accounts(books: DuckDBPyConnection) -> None:
    """The bank's own accounts as the whole journal leaves them."""
    books.execute(
        """UPDATE own_accounts SET balance_fen = s.sum_fen
           FROM (SELECT account, sum(amount_fen)::BIGINT AS sum_fen
                 FROM (SELECT credit AS account, amount_fen FROM journal WHERE credit < 100
                       UNION ALL SELECT debit, -amount_fen FROM journal WHERE debit < 100) GROUP BY account) s
           WHERE own_accounts.account = s.account"""
    )
