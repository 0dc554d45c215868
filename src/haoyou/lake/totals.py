# ruff: noqa: S608 - names in these statements come from the door's tables
"""Reconciliation of one dataset: the bank's own totals beside ours, reasons why rows were set aside, orphans."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from haoyou.lake import door
from haoyou.lake.feed import TOTALS_MAX, ManifestEntry, Total
from haoyou.lake.sent import scan

Group = tuple[tuple[str, str], ...]
_ROWS_AT_A_TIME = 1_000


@dataclass(frozen=True, slots=True)
class GroupTotal:
    """One group of rows as the bank counts it and as we do; the bank's rows are None where it names no such group."""

    by: Group
    bank_rows: int | None
    rows: int
    bank_amount_minor: int | None
    amount_minor: int | None

    @property
    def agrees(self) -> bool:
        return self.bank_rows == self.rows and self.bank_amount_minor in (None, self.amount_minor)


def know_accounts(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    """Table `known_accounts`: kind and product of the accounts that `judged` names, as the bank said them last."""
    connection.execute("CREATE OR REPLACE TABLE known_accounts (account_id VARCHAR, kind VARCHAR, product VARCHAR)")
    if not files:
        return
    # Within one file a key stands once; only several files need the comparison.
    newest = (
        "QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY bank_date_of_feed DESC, known_at DESC) = 1"
        if len(files) > 1
        else ""
    )
    connection.execute(
        f"""INSERT INTO known_accounts SELECT account_id, kind, product FROM {scan(files)}
        SEMI JOIN judged USING (account_id) {newest}"""
    )


def compare_totals(connection: duckdb.DuckDBPyConnection, entry: ManifestEntry) -> tuple[GroupTotal, ...]:
    """Every group the bank names, and what we hold besides in its groupings (at most TOTALS_MAX of those)."""
    said: dict[tuple[str, ...], dict[Group, Total]] = {}
    for total in entry.totals:
        said.setdefault(tuple(column for column, _ in total.by), {})[total.by] = total
    found: list[GroupTotal] = []
    for columns, totals in said.items():
        found += _compare(connection, entry.dataset, columns, dict(totals))
    return tuple(found)


def _compare(
    connection: duckdb.DuckDBPyConnection, dataset: door.Dataset, columns: tuple[str, ...], waiting: dict[Group, Total]
) -> list[GroupTotal]:
    of_account = [column for column in columns if column not in [one.name for one in dataset.columns]]
    names = ", ".join(
        f"coalesce(CAST({'known' if column in of_account else 'judged'}.{column} AS VARCHAR), '')" for column in columns
    )
    amount = f"sum(judged.{dataset.total}_minor)" if dataset.total else "NULL"
    joined = "LEFT JOIN known_accounts AS known USING (account_id)" if of_account else ""
    groups = connection.execute(
        f"SELECT {names}, count(*), {amount} FROM judged {joined} WHERE _reasons IS NULL GROUP BY ALL ORDER BY ALL"
    )
    found: list[GroupTotal] = []
    unnamed = 0
    while part := groups.fetchmany(_ROWS_AT_A_TIME):
        for *values, rows, minor in part:
            by: Group = tuple(zip(columns, values, strict=True))
            total = waiting.pop(by, None)
            unnamed += total is None
            if total or unnamed <= TOTALS_MAX:
                amount_minor = None if minor is None else int(minor)
                found.append(GroupTotal(by, total and total.rows, rows, total and total.amount_minor, amount_minor))
    nothing = 0 if dataset.total else None
    found += [GroupTotal(by, total.rows, 0, total.amount_minor, nothing) for by, total in waiting.items()]
    return found


def count_reasons(connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, int], ...]:
    """Why rows were set aside, the most frequent reason first; a row may have several."""
    return tuple(
        connection.execute(
            """SELECT reason, count(*) AS times FROM (
                SELECT unnest(string_split(_reasons, '; ')) AS reason FROM judged WHERE _reasons IS NOT NULL)
            GROUP BY reason ORDER BY times DESC, reason"""
        ).fetchall()
    )


def count_orphans(connection: duckdb.DuckDBPyConnection, column: door.Column, files: Sequence[Path]) -> int:
    """Accepted rows whose column names something that no file of the dataset it refers to has as its key."""
    named = f"FROM judged WHERE _reasons IS NULL AND {column.name} IS NOT NULL"
    if files:
        key = door.BY_NAME[column.refers].key[0]
        named += f" AND NOT EXISTS (SELECT 1 FROM {scan(files)} AS known WHERE known.{key} = judged.{column.name})"
    row = connection.execute(f"SELECT count(*) {named}").fetchone()
    assert row is not None
    return row[0]
