"""Staging: a bank's own folder becomes a folder of the door's, streaming; from there on nothing knows of mappings.

The same folder and mapping always make the same bytes, so that a feed that comes again is recognised. Every staged row
also says its file and line; the door passes these columns over, and the error file shows them.
"""

import csv
import fnmatch
import gzip
import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TextIO

from haoyou.lake import door
from haoyou.lake.feed import FIELD_CHARS_MAX, LINE_CHARS_MAX, FeedError
from haoyou.lake.mapping.convert import Fields, compile_rules, compile_where, place_of, read_date
from haoyou.lake.mapping.spec import Control, DatasetMap, Fault, Lookup, Mapped, Source

FILES_MAX = 1_000  # of one pattern
LOOKUP_ROWS_MAX = 2_000_000  # some 300 MB; a bank with more puts the column into its own file
PROGRESS_EVERY_ROWS = 50_000

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class _Said:
    """What the bank's control file says of one file."""

    rows: int
    amount: Decimal | None


def stage(
    folder: Path, mapped: Mapped, into: Path, *, decimals: int, version: int = 1, progress: Progress | None = None
) -> Path:
    """Write the door's folder of a bank's folder as `into`, whole or not at all. FeedError says what is wrong."""
    writing = into.with_name(f".writing-{into.name}")
    shutil.rmtree(writing, ignore_errors=True)
    shutil.rmtree(into, ignore_errors=True)
    writing.mkdir(parents=True, mode=0o700)
    try:
        day = _bank_date(folder, mapped)
        said = _read_control(folder, mapped.control, decimals) if mapped.control else {}
        lookups = {name: _read_lookup(folder, name, one) for name, one in mapped.lookups.items()}
        entries: dict[str, Any] = {}
        for one in mapped.datasets:
            entry = _stage_dataset(folder, one, writing, lookups, said, decimals, progress or _say_nothing)
            if entry is not None:
                entries[one.dataset.name] = entry
        manifest = {
            "format": door.FORMAT,
            "source": mapped.source,
            "bank_date": day.isoformat(),
            "currency": mapped.currency,
            "version": version,
            "datasets": entries,
        }
        (writing / door.MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
        writing.rename(into)
    except Fault as fault:
        raise FeedError("bad_mapping", f"{'.'.join(fault.path)}: {fault.detail}") from None
    finally:
        shutil.rmtree(writing, ignore_errors=True)
    return into


def _say_nothing(_what: str, _rows: int) -> None:
    """For whoever does not watch."""


def _bank_date(folder: Path, mapped: Mapped) -> date:
    if mapped.bank_date:
        return mapped.bank_date
    day = read_date(folder.name, mapped.folder_format or "")
    if day is None:
        raise FeedError("bad_mapping", f"the folder's name {folder.name!r} is not a date like {mapped.folder_format}")
    return day


def _stage_dataset(
    folder: Path,
    mapped: DatasetMap,
    writing: Path,
    lookups: dict[str, dict[str, str]],
    said: dict[str, _Said],
    decimals: int,
    progress: Progress,
) -> dict[str, Any] | None:
    """One file of the door's from all files of a pattern; None where the bank has sent none and need not."""
    name = mapped.dataset.name
    files = _files(folder, mapped.source, name)
    if not files:
        return None
    path = writing / f"{name}.csv"
    count = 0
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow([*(rule.column for rule in mapped.rules), "source_file", "source_line"])
        for file in files:
            rows = 0
            for rows, row in _mapped_rows(file, mapped, lookups, decimals):
                if row is not None:
                    writer.writerow(row)
                    count += 1
                if rows % PROGRESS_EVERY_ROWS == 0:
                    progress(name, count)
            _check_rows(file, rows, said)
        target.flush()
        os.fsync(target.fileno())
    progress(name, count)
    with path.open("rb") as staged:
        digest = hashlib.file_digest(staged, "sha256").hexdigest()
    entry: dict[str, Any] = {"file": path.name, "rows": count, "sha256": digest}
    amounts = [said[file.name].amount for file in files if file.name in said]
    if mapped.dataset.total and len(amounts) == len(files) and all(one is not None for one in amounts):
        entry["amount_total"] = str(sum(one for one in amounts if one is not None))
    return entry


def _check_rows(file: Path, rows: int, said: dict[str, _Said]) -> None:
    """A file that was cut on its way has fewer rows than the bank's control file says."""
    if file.name in said and said[file.name].rows != rows:
        raise FeedError(
            "control_differs", f"{file.name} has {rows} rows, the bank's control file says {said[file.name].rows}"
        )


def _mapped_rows(
    file: Path, mapped: DatasetMap, lookups: dict[str, dict[str, str]], decimals: int
) -> Iterator[tuple[int, list[str] | None]]:
    """How many rows were read, and the row as the door wants it, None where the mapping leaves it out."""
    header, rows = _open_rows(file, mapped.source)
    path = ("datasets", mapped.dataset.name)
    converts = compile_rules(mapped, header, lookups, decimals=decimals)
    is_taken = compile_where(mapped.source.where, header, (*path, "where"))
    width = len(header)
    for number, (line, fields) in enumerate(rows, start=1):
        if len(fields) != width:
            # Nothing can be said of its columns: the door sets it aside as a row of another width, as it was sent.
            yield number, [mapped.source.delimiter.join(fields)]
        elif is_taken(fields):
            yield number, [*(convert(fields) for convert in converts), file.name, str(line)]
        else:
            yield number, None


def _files(folder: Path, source: Source, what: str) -> list[Path]:
    try:
        found = sorted(one for one in folder.iterdir() if fnmatch.fnmatchcase(one.name, source.pattern))
    except OSError as error:
        raise FeedError("no_file", f"the folder {folder.name} cannot be read: {error.strerror}") from None
    if not found and not source.optional:
        raise FeedError("no_file", f"{what}: the folder has no file {source.pattern}")
    if len(found) > FILES_MAX:
        raise FeedError("bad_mapping", f"{what}: more than {FILES_MAX} files are called {source.pattern}")
    return found


def _open_rows(file: Path, source: Source) -> tuple[list[str], Iterator[tuple[int, Fields]]]:
    """The names of the columns and, streaming, the rows with their lines."""
    rows = _read_rows(file, source)
    if source.columns:
        return list(source.columns), rows
    first = next(rows, None)
    if first is None:
        raise FeedError("no_header", f"{file.name} is empty, it has not even a header line")
    return [field.strip() for field in first[1]], rows


def _read_rows(file: Path, source: Source) -> Iterator[tuple[int, Fields]]:
    csv.field_size_limit(FIELD_CHARS_MAX)
    quoting = csv.QUOTE_MINIMAL if source.quote else csv.QUOTE_NONE
    line = 1
    try:
        with _open_text(file, source.encoding) as text:
            reader = csv.reader(
                _lines(text), delimiter=source.delimiter, quotechar=source.quote, quoting=quoting, strict=True
            )
            for fields in reader:
                if fields:
                    if line == 1:
                        fields[0] = fields[0].removeprefix("\ufeff")
                    yield line, fields
                line = reader.line_num + 1
    except UnicodeError:
        raise FeedError("bad_encoding", f"{file.name} is not {source.encoding} after line {line}") from None
    except csv.Error as error:
        raise FeedError("not_csv", f"{file.name} stops being readable at line {line}: {error}") from None
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, (EOFError, zlib.error, gzip.BadGzipFile)):
            raise FeedError("not_csv", f"{file.name} is cut off or damaged after line {line}") from None
        raise FeedError("no_file", f"{file.name} cannot be read: {error.strerror}") from None


def _open_text(file: Path, encoding: str) -> TextIO:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding=encoding, newline="")
    return file.open(encoding=encoding, newline="")


def _lines(text: TextIO) -> Iterator[str]:
    while line := text.readline(LINE_CHARS_MAX):
        if len(line) == LINE_CHARS_MAX:
            raise csv.Error(f"a line is longer than {LINE_CHARS_MAX} characters")
        yield line


def _read_lookup(folder: Path, name: str, lookup: Lookup) -> dict[str, str]:
    """Key → value; of two rows with one key the last stands."""
    path, found = ("lookups", name), dict[str, str]()
    for file in _files(folder, lookup.source, f"lookups.{name}"):
        header, rows = _open_rows(file, lookup.source)
        is_taken = compile_where(lookup.source.where, header, path)
        key, value = (place_of(column, header, path) for column in (lookup.key, lookup.value))
        for line, fields in rows:
            if len(fields) != len(header):
                raise FeedError("not_csv", f"{file.name} has another number of fields at line {line}")
            if is_taken(fields):
                found[fields[key].strip()] = fields[value].strip()
            if len(found) > LOOKUP_ROWS_MAX:
                raise FeedError("too_large", f"{file.name} has more than {LOOKUP_ROWS_MAX} rows to look up")
    return found


def _read_control(folder: Path, control: Control, decimals: int) -> dict[str, _Said]:
    path, found = ("control",), dict[str, _Said]()
    for file in _files(folder, control.source, "control"):
        header, rows = _open_rows(file, control.source)
        name, rows_at = (place_of(column, header, path) for column in (control.file, control.rows))
        amount_at = place_of(control.amount, header, path) if control.amount else None
        for line, fields in rows:
            try:
                text = fields[amount_at].strip() if amount_at is not None else ""
                amount = Decimal(text).scaleb(-decimals if control.minor else 0) if text else None
                found[fields[name].strip()] = _Said(int(fields[rows_at]), amount)
            except (ValueError, InvalidOperation, IndexError):
                raise FeedError(
                    "bad_control", f"{file.name}, line {line}: is not a file, its rows and its sum"
                ) from None
    return found
