"""Pure parts of insight: the rules there are, and the lasting name of what they find."""

from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5


@dataclass(frozen=True, slots=True)
class Rule:
    code: str
    version: int


LARGE_INFLOW = Rule("large_inflow", 1)
"""Defined to the last comparison in docs/how-to/inflow-rule.md and computed by haoyou.lake.inflow."""

_NAMES = uuid5(NAMESPACE_URL, "urn:haoyou:insight:signal")


def signal_id(rule: Rule, transaction_code: str) -> UUID:
    """One fact raises one signal per rule, however often it is looked at."""
    return uuid5(_NAMES, f"{rule.code}/{transaction_code}")
