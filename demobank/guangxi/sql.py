"""Python's words and rows as SQL wants them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from duckdb import DuckDBPyConnection


def quoted(path: Path) -> str:
    """A path as an SQL text, whatever signs it holds."""
    return "'" + str(path).replace("'", "''") + "'"


def sql_list(words: Iterable[str]) -> str:
    return "[" + ", ".join("'" + word.replace("'", "''") + "'" for word in words) + "]"


def insert(books: DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Rows made in Python: hundreds or thousands, never one a customer."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        books.execute(f"INSERT INTO {table} SELECT {', '.join('unnest(?)' for _ in columns)}", columns)
