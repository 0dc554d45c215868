"""Reading a feed folder's manifest and files as they were sent, before anybody judges a row."""

import csv
import hashlib
import json
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from haoyou.lake import door

FIELD_CHARS_MAX = 10_000  # a longer field is a broken quote, not a text
LINE_CHARS_MAX = 400_000  # above every column of a dataset filled to its limit; it keeps a file without line ends out
COLUMNS_MAX = 40
DATASET_BYTES_MAX = 8 * 2**30
MANIFEST_BYTES_MAX = 1 * 2**20
PROGRESS_EVERY_ROWS = 50_000
TOTALS_MAX = 1_000  # of a dataset: some years of days, or every product of a bank
VERSION_MAX = 1_000_000

# Where a data line starts in its file, the header being line 1, and its fields.
Record = tuple[int, list[str]]

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")


class FeedError(Exception):
    """A feed folder that cannot be landed at all. `code` is for machines, `detail` a sentence for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Total:
    """What the bank says of one group of rows: `by` names columns and what stands in them; no amount, only rows."""

    by: tuple[tuple[str, str], ...]
    rows: int
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One file as the bank describes it; `amount_total_minor` is its control total in minor units."""

    dataset: door.Dataset
    path: Path
    rows: int
    sha256: str
    amount_total_minor: int | None
    totals: tuple[Total, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """`version`: 1 for a day as it was first sent, more for each restatement of it."""

    source: str
    bank_date: date
    currency: str
    version: int
    entries: tuple[ManifestEntry, ...]


def read_manifest(feed: Path, *, decimals: int) -> Manifest:
    """The manifest of a feed folder, its entries in landing order; FeedError where it breaks the door's rules."""
    raw = _load_manifest(feed / door.MANIFEST)
    if raw.get("format") != door.FORMAT:
        raise FeedError(
            "wrong_format", f"the manifest says format {raw.get('format')!r}, this house reads {door.FORMAT!r}"
        )
    source, currency, datasets = raw.get("source"), raw.get("currency"), raw.get("datasets")
    if not isinstance(source, str) or not _SOURCE.match(source):
        raise FeedError("bad_manifest", f"the manifest's source {source!r} is not a short plain word")
    if not isinstance(currency, str) or not _CURRENCY.match(currency):
        raise FeedError("bad_manifest", f"the manifest's currency {currency!r} is not three capital letters")
    if not isinstance(datasets, dict):
        raise FeedError("bad_manifest", "the manifest lists no datasets")
    unknown = sorted(set(datasets) - set(door.BY_NAME))
    if unknown:
        raise FeedError("unknown_dataset", f"the manifest lists {', '.join(unknown)}, which the door does not know")
    entries = tuple(
        _entry(feed, dataset, datasets[dataset.name], decimals) for dataset in door.DATASETS if dataset.name in datasets
    )
    version = raw.get("version", 1)
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= VERSION_MAX:
        raise FeedError("bad_manifest", f"the manifest's version {version!r} is not a whole number from 1")
    return Manifest(source, _bank_date(raw.get("bank_date")), currency, version, entries)


def _load_manifest(path: Path) -> dict[str, object]:
    try:
        if path.stat().st_size > MANIFEST_BYTES_MAX:
            raise FeedError("bad_manifest", f"the manifest is larger than {MANIFEST_BYTES_MAX} bytes")
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise FeedError("no_manifest", f"the folder has no {door.MANIFEST}") from None
    except (ValueError, RecursionError):
        raise FeedError("bad_manifest", f"{door.MANIFEST} is not JSON in UTF-8") from None
    if not isinstance(raw, dict):
        raise FeedError("bad_manifest", f"{door.MANIFEST} does not hold an object")
    return raw


def _bank_date(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise FeedError("bad_manifest", f"the manifest's bank_date {value!r} is not a date like 2026-11-20") from None


def _entry(feed: Path, dataset: door.Dataset, value: object, decimals: int) -> ManifestEntry:
    name = dataset.name
    if not isinstance(value, dict):
        raise FeedError("bad_manifest", f"{name}: the manifest's entry is not an object")
    file, rows, digest = value.get("file"), value.get("rows"), value.get("sha256")
    # A plain name: a manifest must not be able to point outside its own folder.
    if not isinstance(file, str) or not _FILE_NAME.match(file):
        raise FeedError("bad_manifest", f"{name}: {file!r} is not a plain file name")
    if not isinstance(rows, int) or isinstance(rows, bool) or rows < 0:
        raise FeedError("bad_manifest", f"{name}: the number of rows {rows!r} is not a whole number")
    if not isinstance(digest, str) or not _SHA256.match(digest.lower()):
        raise FeedError("bad_manifest", f"{name}: sha256 is not 64 hexadecimal digits")
    return ManifestEntry(
        dataset=dataset,
        path=feed / file,
        rows=rows,
        sha256=digest.lower(),
        amount_total_minor=_money(name, "amount_total", value.get("amount_total"), decimals),
        totals=_totals(dataset, value.get("totals", []), decimals),
    )


def _money(name: str, what: str, value: object, decimals: int) -> int | None:
    if value is None:
        return None
    try:
        minor = Decimal(str(value)).scaleb(decimals)
    except InvalidOperation:
        minor = Decimal("NaN")
    if not minor.is_finite() or minor != minor.to_integral_value():
        detail = f"{name}: {what} {value!r} is not money with {decimals} decimals"
        raise FeedError("bad_manifest", detail)
    return int(minor)


def _totals(dataset: door.Dataset, value: object, decimals: int) -> tuple[Total, ...]:
    """The bank's own totals of groups of rows; a group is named once."""
    if not isinstance(value, list) or len(value) > TOTALS_MAX:
        raise FeedError("bad_manifest", f"{dataset.name}: totals is not a list of at most {TOTALS_MAX}")
    totals = tuple(_group_total(dataset, one, decimals) for one in value)
    if len({one.by for one in totals}) < len(totals):
        raise FeedError("bad_manifest", f"{dataset.name}: totals name one group twice")
    return totals


def _group_total(dataset: door.Dataset, value: object, decimals: int) -> Total:
    name = dataset.name
    by = value.get("by") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(by, dict) or not by:
        raise FeedError("bad_manifest", f"{name}: a total does not say by which column")
    unknown = sorted(set(by) - set(dataset.groups))
    if unknown:
        raise FeedError("bad_manifest", f"{name}: totals by {', '.join(unknown)} cannot be compared")
    rows = value.get("rows")
    if not isinstance(rows, int) or isinstance(rows, bool) or rows < 0:
        raise FeedError("bad_manifest", f"{name}: a total's number of rows {rows!r} is not a whole number")
    amount = _money(name, "a total's amount", value.get("amount"), decimals)
    if amount is not None and not dataset.total:
        raise FeedError("bad_manifest", f"{name}: a total has an amount, but the rows of {name} have none")
    return Total(tuple(sorted((column, str(said)) for column, said in by.items())), rows, amount)


def check_hash(entry: ManifestEntry) -> None:
    """FeedError unless the file is there and is the one the manifest describes."""
    name = entry.dataset.name
    try:
        if entry.path.is_symlink() or not entry.path.is_file():
            raise FeedError("no_file", f"{name}: the file {entry.path.name} is missing from the folder")
        if entry.path.stat().st_size > DATASET_BYTES_MAX:
            raise FeedError("too_large", f"{name}: the file is larger than {DATASET_BYTES_MAX} bytes")
        with entry.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FeedError("no_file", f"{name}: the file {entry.path.name} cannot be read: {error.strerror}") from None
    if digest != entry.sha256:
        raise FeedError("wrong_hash", f"{name}: the file is not the one the manifest describes (sha256 differs)")


def read_records(
    entry: ManifestEntry, *, on_progress: Callable[[int, int], None]
) -> tuple[list[str], int, Generator[Record]]:
    """The header, its line and, streaming, the data lines; a BOM, CRLF and quoted line ends are understood.

    `on_progress` hears of rows and bytes. FeedError where the header lacks a column of the door, or the file is not
    UTF-8 or not CSV.
    """
    records = _records(entry, on_progress)
    first = next(records, None)
    name = entry.dataset.name
    if first is None:
        raise FeedError("no_header", f"{name}: the file is empty, it has not even a header line")
    header = [field.strip() for field in first[1]]
    if len(header) > COLUMNS_MAX:
        raise FeedError("not_csv", f"{name}: the header names {len(header)} columns, more than {COLUMNS_MAX}")
    check_columns(entry, header)
    return header, first[0], records


def check_columns(entry: ManifestEntry, header: Sequence[str]) -> None:
    """FeedError unless every column that the door requires is there, and none is twice."""
    name = entry.dataset.name
    repeated = sorted({column for column in header if header.count(column) > 1})
    if repeated:
        raise FeedError("repeated_column", f"{name}: the header names {', '.join(repeated)} more than once")
    missing = [one.name for one in entry.dataset.columns if one.required and one.name not in header]
    if missing:
        raise FeedError("missing_column", f"{name}: the header lacks {', '.join(missing)}")


def _records(entry: ManifestEntry, on_progress: Callable[[int, int], None]) -> Generator[Record]:
    name = entry.dataset.name
    csv.field_size_limit(FIELD_CHARS_MAX)
    line, count = 1, 0
    try:
        with entry.path.open("rb") as raw, TextIOWrapper(raw, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(_lines(file), strict=True)
            for fields in reader:
                if fields:  # an empty line is no row
                    yield line, fields
                    count += 1
                    if count % PROGRESS_EVERY_ROWS == 0:
                        on_progress(count, raw.tell())
                line = reader.line_num + 1
    except UnicodeDecodeError:
        raise FeedError("not_utf8", f"{name}: the file is not UTF-8 after line {line}") from None
    except csv.Error as error:
        raise FeedError("not_csv", f"{name}: the file stops being CSV at line {line}: {error}") from None


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(LINE_CHARS_MAX):
        if len(line) == LINE_CHARS_MAX:
            raise csv.Error(f"a line is longer than {LINE_CHARS_MAX} characters")
        yield line
