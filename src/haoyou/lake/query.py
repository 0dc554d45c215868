# ruff: noqa: S608 - names in these statements come from the door's tables, paths are quoted
"""Asking the facts: a set of Parquet files opened as one read-only DuckDB, each dataset a view of its newest rows.

A view shows, for each key of facts, the row known last, and of reference rows what the bank said for the latest day:
a day that comes late or is restated does not overrule what was said after it. Within one file a key stands once
(landing sees to it), so only keys that several files carry need the comparison; facts hardly ever do, and stay a plain
scan. To fetch `known_at`, ask for
`epoch_us(known_at)`: DuckDB hands out zoned times only where pytz is installed, and the house does without it.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from haoyou.lake import door

Params = Sequence[object] | Mapping[str, object]
Row = tuple[Any, ...]  # the border of SQL: only the statement knows the types


GATHERED_BYTES_MAX = 4 * 2**20  # of Parquet; unpacked some tens of megabytes, well below the smallest memory limit


class LakeFileMissingError(Exception):
    """A file that was promised is not there: the lake's folder was tampered with or moved."""


class Lake:
    """One opened set of files. Each question runs on a cursor of its own, so threads may ask at the same time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    @classmethod
    def open(
        cls,
        paths: Mapping[str, Sequence[Path]],
        *,
        run_id: str | None = None,
        whole: Sequence[str] = (),
        memory_mb: int = 512,
        threads: int = 2,
    ) -> "Lake":
        """Open the files of each dataset; a dataset without files is an empty view.

        With a `run_id` the views show only what this run said and no other file overrules, except of the datasets
        that are wanted `whole`.
        """
        unknown = sorted(set(paths) - set(door.BY_NAME))
        assert not unknown, f"no such dataset: {unknown}"
        for path in (path for files in paths.values() for path in files):
            if not path.is_file():
                raise LakeFileMissingError(str(path))
        connection = duckdb.connect(":memory:", config={"memory_limit": f"{memory_mb}MB", "threads": threads})
        try:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET enable_progress_bar = false")
            # The files never change: what their footers say need not be read for every question.
            connection.execute("SET parquet_metadata_cache = true")
            for dataset in door.DATASETS:
                _create_view(
                    connection, dataset, tuple(paths.get(dataset.name, ())), None if dataset.name in whole else run_id
                )
            shut(connection, [str(path) for files in paths.values() for path in files])
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    def __enter__(self) -> "Lake":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def rows(self, sql: str, params: Params = ()) -> list[Row]:
        """All rows of a question that is known to have few."""
        with self._connection.cursor() as cursor:
            return cursor.execute(sql, params).fetchall()

    def iter_rows(self, sql: str, params: Params = (), *, chunk: int = 1_000) -> Iterator[Row]:
        """The rows of a question, `chunk` of them in memory at a time."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql, params)
            while part := cursor.fetchmany(chunk):
                yield from part


def _create_view(
    connection: duckdb.DuckDBPyConnection, dataset: door.Dataset, files: Sequence[Path], run_id: str | None
) -> None:
    rows = _standing_rows(connection, dataset, files)
    if run_id and files:
        assert run_id.replace("-", "").isalnum(), "a run is named by letters, digits and dashes"
        rows = f"SELECT * FROM ({rows}) AS standing WHERE run_id = '{run_id}'"
    connection.execute(f"CREATE VIEW {dataset.name} AS {rows}")


def _standing_rows(connection: duckdb.DuckDBPyConnection, dataset: door.Dataset, files: Sequence[Path]) -> str:
    """A SELECT of each key's row that counts."""
    name, key = dataset.name, ", ".join(dataset.key)
    if not files:
        columns = [(column.stored_name, column.stored_type) for column in dataset.columns]
        empty = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in (*columns, *door.ORIGIN_COLUMNS))
        return f"SELECT {empty} WHERE false"
    largest = max(files, key=lambda file: file.stat().st_size)
    landed = f"SELECT * FROM {_scan([largest])}"
    others = [file for file in files if file is not largest]
    if not others:
        return landed
    _gather(connection, name, others)
    landed += f" UNION ALL BY NAME SELECT * FROM {name}_others"
    if not _find_repeated(connection, dataset, largest):
        return landed
    first = "bank_date_of_feed DESC, known_at DESC" if dataset.reference else "known_at DESC, bank_date_of_feed DESC"
    return f"""SELECT * FROM ({landed}) AS once ANTI JOIN {name}_repeated USING ({key})
        UNION ALL BY NAME
        SELECT * FROM ({landed}) AS often SEMI JOIN {name}_repeated USING ({key})
        QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {first}, run_id DESC) = 1"""


def _gather(connection: duckdb.DuckDBPyConnection, name: str, others: Sequence[Path]) -> None:
    """`<dataset>_others`: all files but the largest; read into memory once while they are small.

    A quarter of daily files would otherwise be opened again for every question, which cost more than its answer.
    """
    is_small = sum(file.stat().st_size for file in others) <= GATHERED_BYTES_MAX
    connection.execute(f"CREATE {'TABLE' if is_small else 'VIEW'} {name}_others AS SELECT * FROM {_scan(others)}")


def _find_repeated(connection: duckdb.DuckDBPyConnection, dataset: door.Dataset, largest: Path) -> bool:
    """Table `<dataset>_repeated`: the keys that stand in more than one file; answers whether there is any.

    The largest file, as a rule the opening, is only probed with the keys of the others: grouping all keys of a large
    bank would cost every opening of the lake half a second.
    """
    key, others = ", ".join(dataset.key), f"{dataset.name}_others"
    connection.execute(
        f"""CREATE TABLE {dataset.name}_repeated AS
        SELECT {key} FROM {others} GROUP BY {key} HAVING count(*) > 1
        UNION
        SELECT {key} FROM {_scan([largest])} AS large SEMI JOIN {others} USING ({key})"""
    )
    count = connection.execute(f"SELECT count(*) FROM {dataset.name}_repeated").fetchone()
    return bool(count and count[0])


def _scan(files: Sequence[Path]) -> str:
    return "read_parquet([" + ", ".join("'" + str(file).replace("'", "''") + "'" for file in files) + "])"


def shut(connection: duckdb.DuckDBPyConnection, files: list[str]) -> None:
    """From here on the connection reaches these files and nothing else of the machine, and cannot be told otherwise."""
    if files:
        connection.execute("SET allowed_paths = ?", [files])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
