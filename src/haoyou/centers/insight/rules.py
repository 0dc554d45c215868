"""Pure parts of insight: the lasting name of what a rule finds, and how a day's signals are told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import NAMESPACE_URL, UUID, uuid5

from haoyou.centers.insight.contract import SIGNALS_MAX, Finding

_NAMES = uuid5(NAMESPACE_URL, "urn:haoyou:insight:signal")


@dataclass(frozen=True, slots=True)
class Run:
    """One rule has looked at one bank day. `unknown`: found for nobody the house knows; `missing`: facts it lacks."""

    rule: str
    bank_date: date
    found: int
    unknown: int
    missing: str | None


def signal_id(rule: str, raised_by: str) -> UUID:
    """One fact raises one signal per rule, of whatever version, however often it is looked at."""
    return uuid5(_NAMES, f"{rule}/{raised_by}")


def parts_of(signals: Sequence[Finding]) -> list[tuple[Finding, ...]]:
    """The signals of a day in messages: a customer's stand in one, unless they alone are more than one may carry."""
    parts: list[list[Finding]] = [[]]
    of_customer: dict[int, list[Finding]] = {}
    for one in signals:
        of_customer.setdefault(one.customer_no, []).append(one)
    for own in of_customer.values():
        if len(parts[-1]) + len(own) > SIGNALS_MAX:
            parts.append([])
        for one in own:
            if len(parts[-1]) == SIGNALS_MAX:
                parts.append([])
            parts[-1].append(one)
    return [tuple(part) for part in parts if part]
