"""Pure decisions of customers: how they are found, which tier they are in, and when they may be contacted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from pypinyin import Style, lazy_pinyin

from haoyou.centers.customers.contract import Channel, ContactRefused

NEVER = date(1, 1, 1)  # "no contact yet", so that the order needs no null
FAR = date(9999, 12, 31)  # "nothing matures", for the same reason
RESERVATION_LIFE = timedelta(minutes=15)
ATTEMPTS_PER_DAY = 3  # unanswered calls: nobody was reached, but a telephone rang
CAP_PERIOD = timedelta(days=30)
SUFFIXES_MAX = 12  # a Chinese name has two to four characters, a firm's rarely over twelve worth starting at
PHONE_TAIL = 4
TOKEN_LENGTH_MAX = 60  # nobody may type more into a search, and an index takes no page-long key
SORT_NAME_LENGTH_MAX = 80  # as much of a name as decides an order; it travels in the cursor of a list
TIERS = (("platinum", 50_000_000), ("gold", 10_000_000), ("silver", 2_000_000), ("plain", 0))
"""Tier and the AUM in minor units from which it holds."""
AUM_MIN = -(1 << 62)  # whoever has overdrawn everything still has the lowest tier

DISTURBING = (Channel.CALL, Channel.MESSAGE)
"""Channels that reach a person wherever they are, and so keep quiet hours."""


def tokens_of(name: str | None, code: str) -> list[str]:
    """What a customer is found by the beginning of: suffixes of the name, of its pinyin and initials; the number."""
    found = {code.lower()}
    text = _joined(name)
    if text:
        syllables = _syllables(text)
        starts = range(min(len(text), SUFFIXES_MAX))
        found.update(text[start:] for start in starts)
        if len(syllables) == len(text):  # one reading per character: a Chinese name
            found.update("".join(syllables[start:]) for start in starts)
            found.update("".join(one[0] for one in syllables[start:]) for start in starts)
        found.update(word.lower() for word in (name or "").split())
    return sorted({token[:TOKEN_LENGTH_MAX] for token in found})


def sort_name(name: str | None, code: str) -> str:
    """Pinyin order; people without a name come by their number, after those who have one."""
    order = "".join(_syllables(_joined(name))) if name else f"~{code.zfill(12)}"
    return order[:SORT_NAME_LENGTH_MAX]


def _joined(name: str | None) -> str:
    return "".join((name or "").split()).lower()


@lru_cache(maxsize=16_384)
def _syllables(text: str) -> tuple[str, ...]:
    """The sounds of a name; kept, because order and tokens both ask, and the common names come again and again."""
    return tuple(one.lower() for one in lazy_pinyin(text, style=Style.NORMAL))


def tier_of(aum_minor: int) -> str:
    return next(tier for tier, least in TIERS if aum_minor >= least or least == 0)


def aum_range(tier: str) -> tuple[int, int | None]:
    """The AUM from which a tier holds, and from which the next one does: an index knows amounts, not tiers."""
    bounds = [least for _, least in TIERS]
    place = [name for name, _ in TIERS].index(tier)
    return bounds[place] or AUM_MIN, bounds[place - 1] if place else None


SORTS = {"aum": True, "name": False, "recent": True, "maturity": False, "deposits": True, "loans": True}
"""The orders of a list, and whether each runs downwards unless asked otherwise."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which customers a list shows, and in which order. Days are counted from the bank's day."""

    own_only: bool
    line: str | None
    sort: str
    descending: bool | None = None
    kind: str | None = None
    tier: str | None = None
    aum_from_minor: int | None = None
    aum_to_minor: int | None = None
    institution_id: int | None = None
    manager_id: int | None = None
    unmanaged: bool = False
    with_opportunities: bool = False
    quiet_days: int | None = None
    matures_days: int | None = None

    @property
    def runs_down(self) -> bool:
        return SORTS[self.sort] if self.descending is None else self.descending

    @property
    def asks_for_days(self) -> bool:
        return self.quiet_days is not None or self.matures_days is not None


@dataclass(frozen=True, slots=True)
class Selection:
    """What is wanted, with the days and places it means today: `units`, the institution asked for and all below it."""

    wanted: Wanted
    today: date
    units: tuple[int, ...] | None

    @property
    def quiet_since(self) -> date | None:
        return None if self.wanted.quiet_days is None else self.today - timedelta(days=self.wanted.quiet_days)

    @property
    def matures_until(self) -> date | None:
        return None if self.wanted.matures_days is None else self.today + timedelta(days=self.wanted.matures_days)


def below(places: Iterable[tuple[int, int | None]], root: int) -> tuple[int, ...]:
    """`root` and all places below it, of (place, its parent)."""
    children: dict[int | None, list[int]] = {}
    for place, parent in places:
        children.setdefault(parent, []).append(place)
    found, remaining = [root], [root]
    while remaining:
        under = [one for one in children.get(remaining.pop(), []) if one not in found]
        found += under
        remaining += under
    return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the governor knows of a customer: counted over every line, person and channel."""

    consent: bool
    made_today: int
    missed_today: int
    made_in_period: int


@dataclass(frozen=True, slots=True)
class Limits:
    per_day: int
    per_period: int
    from_hour: int
    until_hour: int
    time_zone: str


def check_contact(ledger: Ledger, limits: Limits, *, channel: Channel, now: datetime) -> None:
    """Raise why this customer may not be contacted now, and from when they may."""
    if not ledger.consent:
        raise ContactRefused(reason="no_consent")
    local = now.astimezone(ZoneInfo(limits.time_zone))
    if channel in DISTURBING and not limits.from_hour <= local.hour < limits.until_hour:
        raise ContactRefused(reason="quiet_hours", next_allowed_at=_next_morning(local, limits).isoformat())
    if ledger.made_today >= limits.per_day or ledger.missed_today >= ATTEMPTS_PER_DAY:
        raise ContactRefused(
            reason="daily_cap", next_allowed_at=_next_morning(local, limits, tomorrow=True).isoformat()
        )
    if ledger.made_in_period >= limits.per_period:
        raise ContactRefused(reason="period_cap")


def _next_morning(local: datetime, limits: Limits, *, tomorrow: bool = False) -> datetime:
    day = local.date()
    if tomorrow or local.hour >= limits.until_hour:
        day += timedelta(days=1)
    return datetime.combine(day, time(limits.from_hour % 24), local.tzinfo)
