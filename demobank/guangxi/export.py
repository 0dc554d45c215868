# ruff: noqa: S608 - these statements are put together from the bank's own words and numbers
"""The books as the feed tells them: one query a dataset, one file each, and the bank's control totals.

A small bank sends CSV, a large one Parquet; the columns are the same. Rows are in order except in a history in
Parquet, which is streamed from the books as it comes: no memory would hold it sorted.
"""

from dataclasses import dataclass
from datetime import date

from duckdb import DuckDBPyConnection

from demobank.feed import FeedWriter, Total
from demobank.guangxi.chart import KIND_STEP
from demobank.guangxi.sql import quoted
from demobank.guangxi.words import OTHER, SELF

CURRENCY = "CNY"
CSV, PARQUET = "csv", "parquet"

_CUSTOMER_ID = "'C' || lpad(({idx} + 1)::VARCHAR, 7, '0')"


def _customer_id(idx: str) -> str:
    return _CUSTOMER_ID.format(idx=idx)


def _money(fen: str) -> str:
    return f"({fen} * 0.01)::DECIMAL(18,2)"


# Rows of reference datasets that are new or changed on $day, in the columns of the door.
REFERENCES = {
    "institutions": "SELECT institution_id, name_zh, name_en, kind, nullif(parent_id, '') AS parent_id "
    "FROM institutions WHERE changed_on = $day ORDER BY institution_id",
    "staff": "SELECT staff_id, name, institution_id, role, lines, phone, NULL::DATE AS left_on FROM staff "
    "WHERE changed_on = $day ORDER BY staff_id",
    "products": "SELECT product_id, name_zh, name_en, kind, risk_level, from_date, NULL::DATE AS to_date FROM products "
    "WHERE changed_on = $day ORDER BY product_id",
    "rates": "SELECT product_id, from_date, rate FROM rates WHERE changed_on = $day ORDER BY product_id, from_date",
    "customers": f"SELECT {_customer_id('idx')} AS customer_id, kind, name, outlet AS institution_id, line, "
    "birth_date, sex, phone, id_kind, id_number, uscc, since, address, occupation, id_expires_on, risk_level, "
    "risk_until FROM customers WHERE changed_on = $day ORDER BY idx",
    "relationships": f"SELECT {_customer_id('from_idx')} AS from_customer_id, "
    f"{_customer_id('to_idx')} AS to_customer_id, kind, share, from_date, NULL::DATE AS to_date "
    "FROM relationships WHERE changed_on = $day ORDER BY from_idx, to_idx, kind",
    "assignments": f"SELECT {_customer_id('idx')} AS customer_id, staff_id, kind, from_date, NULL::DATE AS to_date "
    "FROM assignments WHERE changed_on = $day ORDER BY idx, kind DESC",
    "accounts": f"SELECT a.account::VARCHAR AS account_id, {_customer_id('a.idx')} AS customer_id, a.kind, "
    f"c.outlet AS institution_id, '{CURRENCY}' AS currency, opened_on, closed_on, product_id AS product, "
    f"if(a.kind = 'loan', {_money('principal_fen')}, NULL) AS principal "
    "FROM accounts a JOIN customers c USING (idx) WHERE a.changed_on = $day ORDER BY account",
    "deposits": "SELECT account::VARCHAR AS account_id, rate, matures_on, if(renews, 'yes', 'no') AS renews "
    "FROM accounts WHERE kind = 'term' AND changed_on = $day ORDER BY account",
    "loans": "SELECT account::VARCHAR AS account_id, rate, opened_on AS granted_on, matures_on AS due_on, repayment, "
    f"class, {_money('overdue_fen')} AS overdue "
    "FROM accounts WHERE kind = 'loan' AND changed_on = $day ORDER BY account",
    "cards": f"SELECT account::VARCHAR AS account_id, {_money('limit_fen')} AS credit_limit, "
    "if(closed_on IS NULL, 'active', 'closed') AS status, matures_on AS expires_on FROM accounts "
    "WHERE kind = 'card' AND changed_on = $day ORDER BY account",
}

_TERMS = {"deposits": "term", "loans": "loan", "cards": "card"}
_CHANGED = {
    name: f"FROM accounts WHERE changed_on = $day AND kind = '{_TERMS[name]}'" if name in _TERMS
    else f"FROM {name} WHERE changed_on = $day"
    for name in REFERENCES
}  # fmt: skip

# Every entry as each customer sees it, from a relation named `moves` like the journal.
TRANSACTIONS = f"""
SELECT 'T' || entry::VARCHAR || side AS transaction_id, account::VARCHAR AS account_id, bank_date, direction,
       {_money("amount_fen")} AS amount, k.category,
       CASE m.party WHEN 0 THEN NULL WHEN {SELF} THEN me.name || '(他行)' WHEN {OTHER} THEN other.name
            ELSE p.name END AS counterparty,
       k.text, k.channel
FROM (SELECT *, credit AS account, debit AS against, 'credit' AS direction, 'C' AS side FROM moves
      WHERE credit >= {KIND_STEP}
      UNION ALL
      SELECT *, debit, credit, 'debit', 'D' FROM moves WHERE debit >= {KIND_STEP}) m
JOIN kinds k ON k.kind = m.kind
LEFT JOIN parties p ON p.party = m.party
LEFT JOIN customers me ON m.party = {SELF} AND me.idx = owner(account)
LEFT JOIN customers other ON m.party = {OTHER} AND other.idx = owner(against)
"""
TRANSACTIONS_ORDERED = f"{TRANSACTIONS} ORDER BY account, bank_date, entry, side"

# From a relation named `stood`: account, bank_date, balance_fen. What a customer owes is told without the sign.
BALANCES = f"""
SELECT account::VARCHAR AS account_id, bank_date,
       {_money(f"if(account >= 4 * {KIND_STEP}, -balance_fen, balance_fen)")} AS balance
FROM stood
"""
BALANCES_ORDERED = f"{BALANCES} ORDER BY account, bank_date"

_TRANSACTION_TOTALS = f"""
SELECT bank_date::VARCHAR, direction, count(*), sum(amount_fen)
FROM (SELECT bank_date, 'credit' AS direction, amount_fen FROM moves WHERE credit >= {KIND_STEP}
      UNION ALL SELECT bank_date, 'debit', amount_fen FROM moves WHERE debit >= {KIND_STEP})
GROUP BY 1, 2 ORDER BY 1, 2
"""
_BALANCE_TOTALS = f"""
SELECT product_id, count(*), sum(if(account >= 4 * {KIND_STEP}, -s.balance_fen, s.balance_fen))
FROM stood s JOIN accounts USING (account) GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Sender:
    """Where and how one folder is written."""

    books: DuckDBPyConnection
    writer: FeedWriter
    format: str

    def send(self, dataset: str, query: str, values: dict[str, object]) -> int:
        """Write one dataset from a query; answers its rows."""
        name = f"{dataset}.{self.format}"
        options = "FORMAT csv, HEADER" if self.format == CSV else "FORMAT parquet, COMPRESSION zstd"
        answer = self.books.execute(
            f"COPY ({query}) TO {quoted(self.writer.folder / name)} ({options})", values
        ).fetchone()
        assert answer is not None
        return int(answer[0])


def send_references(sender: Sender, day: date) -> None:
    """Write the reference datasets in which something is new or changed; the others are left out of the folder."""
    changed = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS ({query})" for name, query in _CHANGED.items())
    told = {name for (name,) in sender.books.execute(changed, {"day": day}).fetchall()}
    for dataset in (name for name in REFERENCES if name in told):
        rows = sender.send(dataset, REFERENCES[dataset], {"day": day})
        sender.writer.add_file(dataset, f"{dataset}.{sender.format}", rows=rows)


def send_facts(sender: Sender, transactions: str, balances: str) -> None:
    """Write both facts by these queries, and their control totals from what the queries read."""
    found = sender.books.execute(_BALANCE_TOTALS).fetchall()
    by_product = [Total("product", product, rows, int(fen)) for product, rows, fen in found]
    rows = sender.send("balances", balances, {})
    whole = sum(total.minor for total in by_product)
    sender.writer.add_file("balances", f"balances.{sender.format}", rows=rows, minor=whole, totals=by_product)
    by_day: dict[str, tuple[int, int]] = {}
    by_direction: dict[str, tuple[int, int]] = {}
    for day, direction, count, fen in sender.books.execute(_TRANSACTION_TOTALS).fetchall():
        for totals, key in ((by_day, day), (by_direction, direction)):
            before = totals.get(key, (0, 0))
            totals[key] = (before[0] + count, before[1] + int(fen))
    rows = sender.send("transactions", transactions, {})
    totals = [Total("bank_date", day, *total) for day, total in by_day.items()]
    whole = sum(total.minor for total in totals)
    totals += [Total("direction", direction, *total) for direction, total in sorted(by_direction.items())]
    sender.writer.add_file("transactions", f"transactions.{sender.format}", rows=rows, minor=whole, totals=totals)
