"""Reading a mapping file: how a bank's own files become the door's. A fault is named with its line."""

import codecs
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from haoyou.lake import door
from haoyou.lake.feed import FeedError

FORMAT = "haoyou-mapping/1"
FILE_BYTES_MAX = 1 * 2**20
CODES_MAX = 10_000  # of one translation table

Table = Mapping[str, Any]  # the border of TOML: every use below looks at what it got


class Fault(Exception):
    """What is wrong, and the path of keys to it; `read_mapping` turns it into a FeedError with a line."""

    def __init__(self, path: Sequence[str], detail: str) -> None:
        super().__init__(detail)
        self.path, self.detail = tuple(path), detail


@dataclass(frozen=True, slots=True)
class Condition:
    """A row is taken where the column holds one of these texts (or, `negated`, none of them)."""

    column: str
    texts: frozenset[str]
    negated: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the bank's: `pattern` names it, `columns` where it has no header line."""

    pattern: str
    encoding: str
    delimiter: str
    quote: str | None
    columns: tuple[str, ...]
    where: tuple[Condition, ...]
    optional: bool


@dataclass(frozen=True, slots=True)
class Lookup:
    """Another file of the bank's that translates one column: key → value."""

    source: Source
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Rule:
    """How one column of the door is made: of a constant, or of columns, then by the steps that are given."""

    column: str
    constant: str | None = None
    sources: tuple[str, ...] = ()
    separator: str = ""
    codes: Mapping[str, str] | None = None
    otherwise: str | None = None
    lookup: str | None = None
    minor: bool = False
    absolute: bool = False
    negative_when: Condition | None = None
    sign_of: str | None = None
    positive: str = ""
    negative: str = ""


@dataclass(frozen=True, slots=True)
class DatasetMap:
    dataset: door.Dataset
    source: Source
    date_formats: tuple[str, ...]
    decimal: str
    thousands: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """The bank's own control file: columns that name a file, its rows and (or not) its sum."""

    source: Source
    file: str
    rows: str
    amount: str | None
    minor: bool


@dataclass(frozen=True, slots=True)
class Mapped:
    """A whole mapping. The day is written here, or is the folder's name in `folder_format`."""

    source: str
    currency: str
    bank_date: date | None
    folder_format: str | None
    control: Control | None
    lookups: Mapping[str, Lookup]
    datasets: tuple[DatasetMap, ...]


def read_mapping(path: Path) -> Mapped:
    """The mapping a file describes; FeedError `bad_mapping` with the line where it does not."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise FeedError("bad_mapping", f"{path.name} is larger than {FILE_BYTES_MAX} bytes")
        text = path.read_text(encoding="utf-8-sig")
        raw = tomllib.loads(text)
    except OSError as error:
        raise FeedError("bad_mapping", f"{path.name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise FeedError("bad_mapping", f"{path.name} is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise FeedError("bad_mapping", f"{path.name} is not TOML: {error}") from None
    try:
        return _mapped(raw)
    except Fault as fault:
        where = ".".join(fault.path) or "the file"
        line = line_of(text, fault.path)
        raise FeedError("bad_mapping", f"{path.name}, line {line}: {where}: {fault.detail}") from None


def line_of(text: str, path: Sequence[str]) -> int:
    """The line that says what is at a path: that of its key, else of the nearest table around it, else the first."""
    best, found, table = 0, 1, ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[\[?([^\]]+)\]", line)
        key = re.match(r"\s*([A-Za-z0-9_.\"-]+)\s*=", line)
        if header:
            table = _parts(header[1])
            here = table
        elif key:
            here = (*table, *_parts(key[1]))
        else:
            continue
        if len(here) > best and tuple(path[: len(here)]) == here:
            best, found = len(here), number
    return found


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip('"') for part in dotted.split("."))


def _mapped(raw: Table) -> Mapped:
    known = {"format", "source", "currency", "bank_date", "folder_date", "defaults", "control", "lookups", "datasets"}
    _only(raw, known, ())
    if raw.get("format") != FORMAT:
        raise Fault(("format",), f"must be {FORMAT!r}")
    defaults = _table(raw, "defaults", ())
    lookups = {name: _lookup(table, defaults, ("lookups", name)) for name, table in _tables(raw, "lookups")}
    datasets = tuple(_dataset(name, table, defaults, lookups) for name, table in _tables(raw, "datasets"))
    if not datasets:
        raise Fault(("datasets",), "maps no dataset")
    day, folder = raw.get("bank_date"), raw.get("folder_date")
    if (day is None) == (folder is None):
        raise Fault(
            ("bank_date",), "give bank_date (a date) or folder_date (how the folder's name is written), one of both"
        )
    if day is not None and type(day) is not date:
        raise Fault(("bank_date",), "must be a date like 2026-11-20, without quotes")
    control = _control(raw["control"], defaults) if "control" in raw else None
    return Mapped(
        source=_text(raw, "source", ()),
        currency=_text(raw, "currency", ()),
        bank_date=day,
        folder_format=None if folder is None else _text(raw, "folder_date", ()),
        control=control,
        lookups=lookups,
        datasets=datasets,
    )


_SOURCE_KEYS = {"file", "encoding", "delimiter", "quote", "names", "where", "optional"}


def _source(table: Table, defaults: Table, path: tuple[str, ...]) -> Source:
    given = {**{key: value for key, value in defaults.items() if key in _SOURCE_KEYS}, **table}
    encoding, delimiter = _text(given, "encoding", path, "utf-8"), _text(given, "delimiter", path, ",")
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise Fault((*path, "encoding"), f"there is no encoding {encoding!r}") from None
    quote = _text(given, "quote", path, '"')
    if len(delimiter) != 1 or len(quote) > 1 or delimiter == quote:
        raise Fault((*path, "delimiter"), "delimiter is one character, quote another one or empty")
    optional = given.get("optional", False)
    if not isinstance(optional, bool):
        raise Fault((*path, "optional"), "must be true or false")
    pattern = _text(given, "file", path)
    if "/" in pattern or "\\" in pattern or pattern.startswith("."):
        raise Fault((*path, "file"), "is a name or pattern inside the folder")
    names = tuple(_texts(given, "names", path))
    where = tuple(_condition(one, (*path, "where")) for one in _list(given, "where", path))
    return Source(pattern, encoding, delimiter, quote or None, names, where, optional)


def _condition(given: object, path: tuple[str, ...]) -> Condition:
    if not isinstance(given, dict):
        raise Fault(path, "a condition is a table with column and one of in, not_in")
    _only(given, {"column", "in", "not_in"}, path)
    if ("in" in given) == ("not_in" in given):
        raise Fault(path, "a condition has one of in, not_in")
    negated = "not_in" in given
    texts = _texts(given, "not_in" if negated else "in", path)
    return Condition(_text(given, "column", path), frozenset(texts), negated)


def _lookup(table: Table, defaults: Table, path: tuple[str, ...]) -> Lookup:
    _only(table, _SOURCE_KEYS | {"key", "value"}, path)
    return Lookup(_source(table, defaults, path), _text(table, "key", path), _text(table, "value", path))


def _control(table: object, defaults: Table) -> Control:
    path = ("control",)
    if not isinstance(table, dict):
        raise Fault(path, "must be a table")
    _only(table, _SOURCE_KEYS | {"name", "rows", "amount", "minor"}, path)
    amount = _text(table, "amount", path) if "amount" in table else None
    source = _source(table, defaults, path)
    return Control(source, _text(table, "name", path), _text(table, "rows", path), amount, table.get("minor") is True)


def _dataset(name: str, table: Table, defaults: Table, lookups: Mapping[str, Lookup]) -> DatasetMap:
    path = ("datasets", name)
    dataset = door.BY_NAME.get(name)
    if dataset is None:
        raise Fault(path, f"the door has no dataset {name}")
    _only(table, _SOURCE_KEYS | {"date_formats", "decimal", "thousands", "columns"}, path)
    given = {**defaults, **table}
    columns = _table(table, "columns", path)
    known = [column.name for column in dataset.columns]
    for column in columns:
        if column not in known:
            raise Fault((*path, "columns", column), f"the door's {name} has no column {column}")
    missing = [column.name for column in dataset.columns if column.required and column.name not in columns]
    if missing:
        raise Fault((*path, "columns"), f"says nothing of {', '.join(missing)}")
    rules = tuple(_rule(column, columns[column], lookups, (*path, "columns", column)) for column in columns)
    return DatasetMap(
        dataset=dataset,
        source=_source(table, defaults, path),
        date_formats=tuple(_texts(given, "date_formats", path) or ("%Y-%m-%d",)),
        decimal=_text(given, "decimal", path, "."),
        thousands=_text(given, "thousands", path, ""),
        rules=rules,
    )


_RULE_KEYS = {
    "column", "constant", "join", "with", "codes", "otherwise", "lookup", "minor", "absolute", "negative_when",
    "sign_of", "positive", "negative",
}  # fmt: skip


def _rule(column: str, given: object, lookups: Mapping[str, Lookup], path: tuple[str, ...]) -> Rule:
    if isinstance(given, str):
        return Rule(column, sources=(given,))
    if not isinstance(given, dict):
        raise Fault(path, "is the name of a column of the bank's, or a table")
    _only(given, _RULE_KEYS, path)
    if len(given.keys() & {"column", "constant", "join", "sign_of"}) != 1:
        raise Fault(path, "needs one of column, constant, join, sign_of")
    codes = given.get("codes")
    if codes is not None and not (isinstance(codes, dict) and 0 < len(codes) <= CODES_MAX):
        raise Fault(path, f"codes is a table of at most {CODES_MAX} translations")
    if codes is not None and not all(isinstance(value, str) for value in codes.values()):
        raise Fault(path, "codes translates into texts")
    lookup = _text(given, "lookup", path) if "lookup" in given else None
    if lookup is not None and lookup not in lookups:
        raise Fault(path, f"there is no lookups.{lookup}")
    negative_when = given.get("negative_when")
    return Rule(
        column=column,
        constant=_text(given, "constant", path) if "constant" in given else None,
        sources=(_text(given, "column", path),) if "column" in given else tuple(_texts(given, "join", path)),
        separator=_text(given, "with", path, ""),
        codes=codes,
        otherwise=_text(given, "otherwise", path) if "otherwise" in given else None,
        lookup=lookup,
        minor=given.get("minor") is True,
        absolute=given.get("absolute") is True,
        negative_when=None if negative_when is None else _condition(negative_when, path),
        sign_of=_text(given, "sign_of", path) if "sign_of" in given else None,
        positive=_text(given, "positive", path) if "sign_of" in given else "",
        negative=_text(given, "negative", path) if "sign_of" in given else "",
    )


def _only(table: Table, known: set[str], path: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise Fault((*path, key), f"is not known here; known are {', '.join(sorted(known))}")


def _table(table: Table, key: str, path: tuple[str, ...]) -> Table:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise Fault((*path, key), "must be a table")
    return value


def _tables(raw: Table, key: str) -> list[tuple[str, Table]]:
    found: list[tuple[str, Table]] = []
    for name, table in _table(raw, key, ()).items():
        if not isinstance(table, dict):
            raise Fault((key, name), "must be a table")
        found.append((name, table))
    return found


def _text(table: Table, key: str, path: tuple[str, ...], default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise Fault((*path, key), "must be a text" if key in table else "is missing")
    return value


def _list(table: Table, key: str, path: tuple[str, ...]) -> list[Any]:
    value = table.get(key, [])
    if not isinstance(value, list):
        raise Fault((*path, key), "must be a list")
    return value


def _texts(table: Table, key: str, path: tuple[str, ...]) -> list[str]:
    value = _list(table, key, path)
    if not all(isinstance(one, str) for one in value):
        raise Fault((*path, key), "must be a list of texts")
    return value
