# ruff: noqa: S608 - these statements are put together from the bank's own words and numbers
"""Proof that the books are right: they balance, the balances are what was booked, and the feed says what they say."""

import json
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from demobank.feed import MANIFEST
from demobank.guangxi.chart import DEMAND, KIND_STEP


@dataclass(frozen=True, slots=True)
class Proof:
    """One question put to the books: what was compared, how many, and how many were wrong."""

    words: str
    compared: int
    wrong: int


_LEGS = """(SELECT credit AS account, bank_date, amount_fen FROM journal
           UNION ALL SELECT debit, bank_date, -amount_fen FROM journal)"""
_BALANCES = "(SELECT account, balance_fen FROM accounts UNION ALL SELECT account, balance_fen FROM own_accounts)"

_QUESTIONS = (
    (
        "days on which the balances of all accounts sum to nothing",
        f"""SELECT count(*), count(*) FILTER (WHERE total <> 0)
            FROM (SELECT sum(amount_fen) AS total FROM {_LEGS} GROUP BY bank_date)""",
    ),
    ("the sum of all balances", f"SELECT count(*), (sum(balance_fen) <> 0)::INTEGER FROM {_BALANCES}"),
    (
        "accounts whose balance is the sum of their entries",
        f"""SELECT count(*), count(*) FILTER (WHERE coalesce(b.balance_fen, -1) <> coalesce(l.total, 0))
            FROM {_BALANCES} b FULL JOIN (SELECT account, sum(amount_fen) AS total FROM {_LEGS} GROUP BY account) l
            ON l.account = b.account""",
    ),
    (
        "demand deposits that are not overdrawn",
        f"""SELECT count(*), count(*) FILTER (WHERE balance_fen < 0) FROM accounts
            WHERE account BETWEEN {DEMAND * KIND_STEP} AND {(DEMAND + 1) * KIND_STEP - 1}""",
    ),
    (
        "entries numbered once",
        "SELECT count(*), count(*) - count(DISTINCT entry) FROM journal",
    ),
    (
        "told days whose transactions are those of the journal",
        f"""WITH told AS (SELECT bank_date, rows, amount_fen FROM feeds WHERE dataset = 'transactions'),
            legs AS (SELECT if(bank_date < o.first, o.first, bank_date) AS bank_date, count(*) AS rows,
                sum(amount_fen) AS amount_fen
                     FROM (SELECT bank_date, amount_fen FROM journal WHERE credit >= {KIND_STEP}
                           UNION ALL SELECT bank_date, amount_fen FROM journal WHERE debit >= {KIND_STEP}),
                          (SELECT min(bank_date) AS first FROM feeds) o GROUP BY ALL)
            SELECT count(*), count(*) FILTER (WHERE coalesce(l.rows, 0) <> t.rows OR coalesce(l.amount_fen,
                0) <> t.amount_fen)
            FROM told t LEFT JOIN legs l USING (bank_date)""",
    ),
)


def prove(books: DuckDBPyConnection, out: Path) -> list[Proof]:
    """Ask the books, and hold the folders that still lie in the inbox against their manifests."""
    proofs = [Proof(words, *_ask(books, question)) for words, question in _QUESTIONS]
    folders = sorted(path for path in out.glob("????-??-??") if (path / MANIFEST).exists())
    wrong = sum(not _is_true(books, folder) for folder in folders)
    return [*proofs, Proof("folders in the inbox that hold what their manifests say", len(folders), wrong)]


def _ask(books: DuckDBPyConnection, question: str) -> tuple[int, int]:
    row = books.execute(question).fetchone()
    assert row
    return int(row[0]), int(row[1])


def _is_true(books: DuckDBPyConnection, folder: Path) -> bool:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    for dataset, column in (("transactions", "amount"), ("balances", "balance")):
        entry = manifest["datasets"][dataset]
        path = str(folder / entry["file"])
        read = f"read_csv($path, header = true, types = {{'{column}': 'DECIMAL(18,2)'}})"
        source = read if path.endswith(".csv") else "read_parquet($path)"
        found = books.execute(
            f"SELECT count(*), coalesce(sum({column}), 0)::DECIMAL(38,2)::VARCHAR FROM {source}", {"path": path}
        ).fetchone()
        if found != (entry["rows"], entry["amount_total"]):
            return False
    return True
