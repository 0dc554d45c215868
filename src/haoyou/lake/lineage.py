# ruff: noqa: S608 - names in these statements come from the door's tables, values are bound
"""Every row that ever landed under a key, of all files, restated ones too. Nothing above class C1 leaves here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from haoyou.lake import door
from haoyou.lake.query import shut
from haoyou.lake.sent import scan

_MEMORY_MB = 256
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Value:
    """`text` is None where the row has nothing, or where the column's class forbids showing it."""

    column: door.Column
    is_empty: bool
    text: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """One landed row. `source_row`: its line in a CSV file, its row in a Parquet file."""

    run_id: str
    source: str
    bank_date_of_feed: date
    known_at: datetime
    source_row: int
    values: tuple[Value, ...]


def list_versions(files: Sequence[Path], *, dataset: door.Dataset, key: Sequence[str], limit: int) -> list[Version]:
    """The rows under a key in the order in which they stand: the first of those that count is what is shown."""
    assert len(key) == len(dataset.key), "a key has a value for each of its columns"
    if not files:
        return []
    given = " AND ".join(f"{_text(dataset.column(column))} = ?" for column in dataset.key)
    shown = ", ".join(
        _text(column) if column.data_class == "C1" else f"{column.stored_name} IS NULL" for column in dataset.columns
    )
    order = "bank_date_of_feed DESC, known_at DESC" if dataset.reference else "known_at DESC, bank_date_of_feed DESC"
    with duckdb.connect(":memory:", config={"memory_limit": f"{_MEMORY_MB}MB", "threads": 2}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        shut(connection, [str(file) for file in files])
        rows = connection.execute(
            f"""SELECT run_id, source, bank_date_of_feed, epoch_us(known_at), source_row, {shown} FROM {scan(files)}
            WHERE {given} ORDER BY {order}, run_id DESC LIMIT {limit}""",
            list(key),
        ).fetchall()
    return [
        Version(
            run_id, source, day, datetime.fromtimestamp(us / _MICROSECONDS, UTC), line, _values(dataset, shown_values)
        )
        for run_id, source, day, us, line, *shown_values in rows
    ]


def _text(column: door.Column) -> str:
    return column.stored_name if column.stored_type == "VARCHAR" else f"CAST({column.stored_name} AS VARCHAR)"


def _values(dataset: door.Dataset, shown: Sequence[str | bool | None]) -> tuple[Value, ...]:
    return tuple(
        Value(column, given is None, None if given is None else str(given))
        if column.data_class == "C1"
        else Value(column, bool(given), None)
        for column, given in zip(dataset.columns, shown, strict=True)
    )
