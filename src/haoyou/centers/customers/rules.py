"""Pure decisions of customers: how they are found, which tier they are in, and when they may be contacted."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pypinyin import Style, lazy_pinyin

from haoyou.centers.customers.contract import Channel, ContactRefused

NEVER = date(1, 1, 1)  # "no contact yet", so that the order needs no null
RESERVATION_LIFE = timedelta(minutes=15)
ATTEMPTS_PER_DAY = 3  # unanswered calls: nobody was reached, but a telephone rang
CAP_PERIOD = timedelta(days=30)
SUFFIXES_MAX = 12  # a Chinese name has two to four characters, a firm's rarely over twelve worth starting at
PHONE_TAIL = 4
TOKEN_LENGTH_MAX = 60  # nobody may type more into a search, and an index takes no page-long key
SORT_NAME_LENGTH_MAX = 80  # as much of a name as decides an order; it travels in the cursor of a list
TIERS = (("platinum", 50_000_000), ("gold", 10_000_000), ("silver", 2_000_000), ("plain", 0))
"""Tier and the AUM in minor units from which it holds."""

DISTURBING = (Channel.CALL, Channel.MESSAGE)
"""Channels that reach a person wherever they are, and so keep quiet hours."""


def tokens_of(name: str | None, code: str) -> list[str]:
    """What a customer is found by the beginning of: suffixes of the name, of its pinyin and initials; the number."""
    found = {code.lower()}
    text = "".join((name or "").split()).lower()
    if text:
        syllables = [one.lower() for one in lazy_pinyin(text, style=Style.NORMAL)]
        starts = range(min(len(text), SUFFIXES_MAX))
        found.update(text[start:] for start in starts)
        if len(syllables) == len(text):  # one reading per character: a Chinese name
            found.update("".join(syllables[start:]) for start in starts)
            found.update("".join(one[0] for one in syllables[start:]) for start in starts)
        found.update(word.lower() for word in (name or "").split())
    return sorted({token[:TOKEN_LENGTH_MAX] for token in found})


def sort_name(name: str | None, code: str) -> str:
    """Pinyin order; people without a name come by their number, after those who have one."""
    order = "".join(lazy_pinyin(name)).lower() if name else f"~{code.zfill(12)}"
    return order[:SORT_NAME_LENGTH_MAX]


def tier_of(aum_minor: int) -> str:
    return next(tier for tier, least in TIERS if aum_minor >= least or least == 0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which customers a list shows, and in which order (aum, name, recent)."""

    own_only: bool
    line: str | None
    sort: str


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
