# ruff: noqa: S608 - names in these statements come from the door's tables, paths are quoted
"""What the bank sent, as a table for DuckDB: `_line`, `_misshapen`, `r_0`, `r_1`, …, every field as text.

A CSV file in which every line is a row for any reader (no quote, one kind of line end) is read by DuckDB as it is.
Any other CSV file goes through Python's csv module first, which alone then decides what a row is: with two parsers a
stray quote could make them count differently. A Parquet file says itself what its rows are.
"""

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from haoyou.lake import door
from haoyou.lake.feed import (
    COLUMNS_MAX,
    FIELD_CHARS_MAX,
    LINE_CHARS_MAX,
    FeedError,
    ManifestEntry,
    Record,
    check_columns,
    read_records,
)

LINE_BYTES_MAX = 10 * LINE_CHARS_MAX  # a character is at most 4 bytes, quoting may double it
_CHUNK_BYTES = 4 * 2**20
_NO_SEPARATOR = "\x1f"  # a byte that a plain file does not hold, so that DuckDB takes each line as one field

# How a Parquet column may be typed. Floating point is no money, and a number is no text: its leading zeros are gone.
_PARQUET_TYPES: dict[door.Kind, tuple[str, ...]] = {
    "text": ("VARCHAR",),
    "code": ("VARCHAR",),
    "date": ("VARCHAR", "DATE"),
    "money": ("VARCHAR", "DECIMAL"),
    "rate": ("VARCHAR", "DECIMAL"),
    "int": ("VARCHAR", "BIGINT", "INTEGER", "SMALLINT"),
}

Progress = Callable[[int, int], None]
"""Rows and bytes of one file that have been read."""


@dataclass(frozen=True, slots=True)
class Sent:
    """`header`: the names of r_0, r_1, …; `table`: a SQL table expression; `has_rows`: whether it has any."""

    header: tuple[str, ...]
    table: str
    has_rows: bool


def open_sent(
    connection: duckdb.DuckDBPyConnection, entry: ManifestEntry, *, plain: Path, on_progress: Progress
) -> Sent:
    """The file of a dataset as a table; `plain` is where a CSV file may be rewritten. FeedError if it is no table."""
    if entry.path.suffix == ".parquet":
        return _open_parquet(connection, entry)
    header, first_line, records = read_records(entry, on_progress=on_progress)
    line_end = _find_line_end(entry.path)
    if line_end:
        has_rows = next(records, None) is not None
        records.close()
        return Sent(tuple(header), _lines_table(entry.path, len(header), first_line, line_end), has_rows)
    with plain.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(_fitted(records, len(header)))
    return Sent(tuple(header), _plain_table(plain, len(header)), plain.stat().st_size > 0)


def _find_line_end(path: Path) -> str | None:
    r"""`\n` or `\r\n` where the file is plain: UTF-8, no quote, no control that a parser may read its own way."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    feeds = returns = pairs = tail = 0
    before = b""
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                if b'"' in chunk or b"\0" in chunk or _NO_SEPARATOR.encode() in chunk:
                    return None
                decoder.decode(chunk)
                feeds += chunk.count(b"\n")
                returns += chunk.count(b"\r")
                pairs += chunk.count(b"\r\n") + (before == b"\r" and chunk[:1] == b"\n")
                before = chunk[-1:]
                tail = _tail(chunk, tail)
                if tail >= FIELD_CHARS_MAX:
                    return None
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    if returns == 0:
        return "\\n"
    return "\\r\\n" if returns == pairs == feeds else None


def _tail(chunk: bytes, carried: int) -> int:
    """Bytes since the last line end, or FIELD_CHARS_MAX once a line is that long: then a field might be too."""
    start = -carried
    while start + FIELD_CHARS_MAX <= len(chunk):
        end = chunk.rfind(b"\n", max(start, 0), start + FIELD_CHARS_MAX)
        if end < 0:
            return FIELD_CHARS_MAX
        start = end + 1
    last = chunk.rfind(b"\n", max(start, 0))
    return len(chunk) - (last + 1 if last >= 0 else start)


def _fitted(records: Iterator[Record], width: int) -> Iterator[list[object]]:
    """A row of the wrong width goes along marked: filled up with empty fields, or its end joined to one."""
    for line, fields in records:
        if len(fields) == width:
            yield [line, 0, *fields]
        elif len(fields) < width:
            yield [line, 1, *fields, *[""] * (width - len(fields))]
        else:
            yield [line, 1, *fields[: width - 1], ",".join(fields[width - 1 :])]


def _plain_table(plain: Path, width: int) -> str:
    texts = ", ".join(f"'r_{number}'" for number in range(width))
    columns = ", ".join(f"'r_{number}': 'VARCHAR'" for number in range(width))
    return f"""read_csv('{quoted(plain)}', columns = {{'_line': 'BIGINT', '_misshapen': 'TINYINT', {columns}}},
        header = false, auto_detect = false, delim = ',', quote = '"', escape = '"', new_line = '\\n',
        force_not_null = [{texts}], max_line_size = {LINE_BYTES_MAX})"""


def _lines_table(path: Path, width: int, header_line: int, line_end: str) -> str:
    """Rows are lines, fields what stands between commas; the header and empty lines are no rows."""
    fields = ", ".join(f"coalesce(_f[{number + 1}], '') AS r_{number}" for number in range(width - 1))
    last = f"CASE WHEN len(_f) > {width} THEN array_to_string(_f[{width}:], ',') ELSE coalesce(_f[{width}], '') END"
    return f"""(SELECT _line, CAST(len(_f) <> {width} AS TINYINT) AS _misshapen, {fields}, {last} AS r_{width - 1}
        FROM (SELECT row_number() OVER () AS _line, line, string_split(line, ',') AS _f
              FROM read_csv('{quoted(path)}', columns = {{'line': 'VARCHAR'}}, header = false, auto_detect = false,
                   delim = '{_NO_SEPARATOR}', quote = '', escape = '', new_line = '{line_end}',
                   force_not_null = ['line'], max_line_size = {LINE_BYTES_MAX}))
        WHERE _line > {header_line} AND line <> '')"""


def _open_parquet(connection: duckdb.DuckDBPyConnection, entry: ManifestEntry) -> Sent:
    """Columns the door does not know are left where they are: their types are nobody's business."""
    name = entry.dataset.name
    scan = f"read_parquet('{quoted(entry.path)}', file_row_number = true)"
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
        row = connection.execute(f"SELECT 1 FROM {scan} LIMIT 1").fetchone()
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException) as error:
        raise FeedError(
            "not_parquet", f"{name}: {entry.path.name} is not a Parquet file: {_first_line(error)}"
        ) from None
    types = {str(column): str(kind) for column, kind, *_ in described if column != "file_row_number"}
    if len(types) > COLUMNS_MAX:
        raise FeedError("not_parquet", f"{name}: the file has {len(types)} columns, more than {COLUMNS_MAX}")
    check_columns(entry, list(types))
    known = [column for column in entry.dataset.columns if column.name in types]
    for column in known:
        _check_type(name, column, types[column.name])
    texts = ", ".join(
        f"coalesce({_as_text(column.name, types[column.name])}, '') AS r_{number}"
        for number, column in enumerate(known)
    )
    table = f"(SELECT file_row_number + 1 AS _line, CAST(0 AS TINYINT) AS _misshapen, {texts} FROM {scan})"
    return Sent(tuple(column.name for column in known), table, row is not None)


def _check_type(dataset: str, column: door.Column, kind: str) -> None:
    allowed = _PARQUET_TYPES[column.kind]
    if kind.split("(", maxsplit=1)[0] not in allowed:
        raise FeedError("wrong_type", f"{dataset}: {column.name} is {kind}; it may be {' or '.join(allowed)}")


def _as_text(column: str, kind: str) -> str:
    """As a CSV file would say it; the zeros that a decimal's scale adds are no decimals of the money."""
    text = f'CAST("{column}" AS VARCHAR)'
    if kind.startswith("DECIMAL") and not kind.endswith(",0)"):
        return f"rtrim(rtrim({text}, '0'), '.')"
    return text


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def scan(files: Sequence[Path]) -> str:
    """A SQL table of the rows of our own Parquet files."""
    return "read_parquet([" + ", ".join(f"'{quoted(file)}'" for file in files) + "])"
