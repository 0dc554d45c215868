"""Making the door's values of the bank's own. What cannot be made goes along as it is: the door then says why not."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache

from haoyou.lake.mapping.spec import Condition, DatasetMap, Fault, Rule

Fields = Sequence[str]
Convert = Callable[[Fields], str]
Lookups = Mapping[str, Mapping[str, str]]

DATES_REMEMBERED = 4_096  # a feed speaks of few days, each of them many times

_WHOLE = re.compile(r"[+-]?[0-9]+\Z")


def compile_rules(mapped: DatasetMap, header: Sequence[str], lookups: Lookups, *, decimals: int) -> list[Convert]:
    """One function for each rule, from the fields of a row to the text of a column."""
    return [_compile(mapped, rule, header, lookups, decimals) for rule in mapped.rules]


def compile_where(
    conditions: Sequence[Condition], header: Sequence[str], path: tuple[str, ...]
) -> Callable[[Fields], bool]:
    tests = [(place_of(one.column, header, path), one) for one in conditions]

    def is_taken(fields: Fields) -> bool:
        return all((fields[at].strip() in one.texts) != one.negated for at, one in tests)

    return is_taken


def place_of(column: str, header: Sequence[str], path: tuple[str, ...]) -> int:
    try:
        return header.index(column)
    except ValueError:
        raise Fault(path, f"the file has no column {column}; it has {', '.join(header)}") from None


def _compile(mapped: DatasetMap, rule: Rule, header: Sequence[str], lookups: Lookups, decimals: int) -> Convert:
    path = ("datasets", mapped.dataset.name, "columns", rule.column)
    if rule.constant is not None:
        constant = rule.constant
        return lambda _fields: constant
    if rule.sign_of is not None:
        place, positive, negative = place_of(rule.sign_of, header, path), rule.positive, rule.negative
        return lambda fields: negative if _number(fields[place], mapped).startswith("-") else positive
    read = _reader([place_of(column, header, path) for column in rule.sources], rule.separator)
    kind = mapped.dataset.column(rule.column).kind
    steps: list[Convert | Callable[[str], str]] = []
    if rule.lookup is not None:
        known = lookups[rule.lookup]
        steps.append(lambda text: known.get(text, text))
    if rule.codes is not None:
        codes, otherwise = rule.codes, rule.otherwise
        steps.append(lambda text: codes.get(text, otherwise if text and otherwise is not None else text))
    if kind == "date":
        steps.append(_date_reader(mapped.date_formats))
    if kind in ("money", "rate", "int"):
        steps.append(lambda text: _number(text, mapped))
    if rule.minor:
        steps.append(lambda text: _from_minor(text, decimals))
    if rule.absolute:
        steps.append(lambda text: text.removeprefix("-"))
    convert = _chain(read, steps)
    if rule.negative_when is None:
        return convert
    is_negative = compile_where([rule.negative_when], header, path)
    return lambda fields: _negated(convert(fields)) if is_negative(fields) else convert(fields)


def _reader(places: Sequence[int], separator: str) -> Convert:
    if len(places) == 1:
        (place,) = places
        return lambda fields: fields[place].strip()
    return lambda fields: separator.join(text for at in places if (text := fields[at].strip()))


def _chain(read: Convert, steps: Sequence[Callable[[str], str]]) -> Convert:
    def convert(fields: Fields) -> str:
        text = read(fields)
        for step in steps:
            text = step(text)
        return text

    return convert


def _date_reader(formats: Sequence[str]) -> Callable[[str], str]:
    @lru_cache(maxsize=DATES_REMEMBERED)
    def read(text: str) -> str:
        for written in formats:
            day = read_date(text, written)
            if day:
                return day.isoformat()
        return text

    return read


def read_date(text: str, written: str) -> date | None:
    """Digits without separators must be all there: `%Y%m%d` would else read 2026112 as the second of November."""
    try:
        moment = datetime.strptime(text, written).replace(tzinfo=UTC)
    except ValueError:
        return None
    is_packed = written.replace("%", "").isalnum()
    return None if is_packed and moment.strftime(written) != text else moment.date()


def _number(text: str, mapped: DatasetMap) -> str:
    plain = text.strip()
    if mapped.thousands:
        plain = plain.replace(mapped.thousands, "")
    if mapped.decimal != ".":
        plain = plain.replace(".", "?").replace(mapped.decimal, ".")  # a point is then no part of a number
    return plain.removeprefix("+")


def _from_minor(text: str, decimals: int) -> str:
    if not text or not decimals:
        return text
    if not _WHOLE.match(text):
        return f"{text}?"  # a fraction of a minor unit: the door says that this is no money
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    digits = digits.rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals].lstrip('0') or '0'}.{digits[-decimals:]}"


def _negated(text: str) -> str:
    if not text:
        return text
    return text.removeprefix("-") if text.startswith("-") else f"-{text}"
