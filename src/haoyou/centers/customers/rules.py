"""Pure decisions of customers: how they are found, which tier they are in, and when they may be contacted."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from pypinyin import Style, lazy_pinyin

from haoyou.centers.customers.contract import Channel, ContactRefused

# "No contact yet" and "nothing matures", so that an order needs no null. Not the first and the last date there are: the
# driver takes those for minus and plus infinity.
NEVER = date(1900, 1, 1)
FAR = date(9000, 1, 1)
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
class Place:
    """Who may see a customer: institution, manager (0: nobody), line."""

    institution_id: int
    manager_id: int
    line: str


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


@dataclass(frozen=True, slots=True)
class Word:
    """One thing that was said of a customer and a member of staff: by the bank's feed or by the house.

    `staff_id` 0: nobody. `holds` False: from then on not any more. `order`: of two words of the house the later one.
    """

    staff_id: int
    from_date: date
    to_date: date | None
    house: bool = False
    order: int = 0
    holds: bool = True


def word_that_holds(words: Iterable[Word], on: date) -> Word | None:
    """Of what holds on that day, what begins last; on one day the house's word, and of its words the last said."""
    living = [one for one in words if one.from_date <= on and (one.to_date is None or one.to_date >= on)]
    return max(living, key=lambda one: (one.from_date, one.house, one.order, -one.staff_id), default=None)


def manager_on(words: Iterable[Word], on: date) -> int:
    """The managing RM by these words about a primary assignment; 0 for nobody."""
    word = word_that_holds(words, on)
    return word.staff_id if word and word.holds else 0


class Dealing(StrEnum):
    """How customers are dealt over several managers."""

    EVEN = "even"
    ROOM = "room"


class Left(StrEnum):
    """Why a customer of a selection stays where they are."""

    ALREADY = "already"
    LINE = "line"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer that may change hands, as they stood when they were looked at."""

    no: int
    line: str
    manager_id: int
    aum_minor: int
    open_opportunities: int
    version: int


@dataclass(frozen=True, slots=True)
class Receiver:
    staff_id: int
    lines: tuple[str, ...]
    held: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Who goes to whom (number, manager), and who stays and why."""

    moves: tuple[tuple[Candidate, int], ...]
    left: tuple[tuple[Candidate, Left], ...]


def deal(candidates: Iterable[Candidate], receivers: Sequence[Receiver], *, most: int, dealing: Dealing) -> Plan:
    """Deal the customers out, the wealthiest first, so that each manager gets as good a share as the next.

    Nobody comes to hold more than `most`, and nobody gets a customer of a line they do not serve.
    """
    got = dict.fromkeys((one.staff_id for one in receivers), 0)
    moves: list[tuple[Candidate, int]] = []
    left: list[tuple[Candidate, Left]] = []
    for candidate in sorted(candidates, key=lambda one: (-one.aum_minor, one.no)):
        fitting = [one for one in receivers if candidate.line in one.lines]
        room = {one.staff_id: most - one.held - got[one.staff_id] for one in fitting}
        if candidate.manager_id in got:
            left.append((candidate, Left.ALREADY))
        elif not fitting:
            left.append((candidate, Left.LINE))
        elif max(room.values()) <= 0:
            left.append((candidate, Left.FULL))
        else:
            free = [staff for staff, places in room.items() if places > 0]
            chosen = min(free, key=lambda staff: got[staff] if dealing is Dealing.EVEN else -room[staff])
            got[chosen] += 1
            moves.append((candidate, chosen))
    return Plan(tuple(moves), tuple(left))


@dataclass(frozen=True, slots=True)
class MoveSelection:
    """Which customers change hands. Conditions are joined by "and"; manager 0 stands for nobody."""

    managers: tuple[int, ...] = ()
    institution_id: int | None = None
    line: str | None = None
    tier: str | None = None
    aum_from_minor: int | None = None
    aum_below_minor: int | None = None
    no_contact_since: date | None = None
    customers: tuple[UUID, ...] = ()

    def is_empty(self) -> bool:
        return self == MoveSelection()


def seen_hash(plan: Plan) -> str:
    """What somebody saw before confirming: who would go from whom to whom, and in which state each customer was."""
    moves = sorted((one.no, one.version, one.manager_id, staff) for one, staff in plan.moves)
    left = sorted((one.no, one.version, reason.value) for one, reason in plan.left)
    return hashlib.sha256(json.dumps([moves, left]).encode()).hexdigest()


def masked_name(name: str | None, kind: str) -> str | None:
    """A person's name as somebody may read it who has no right to the customer yet: the first character."""
    return name if name is None or kind != "person" else name[:1] + "*" * min(len(name) - 1, 3)


def is_lapsed(*, manager_id: int, staff_id: int, claimed_on: date, contact_on: date) -> bool:
    """Whether a claim has come to nothing: still with whoever claimed, and no contact since the claim."""
    return manager_id == staff_id and contact_on < claimed_on


@dataclass(frozen=True, slots=True)
class Position:
    """What one number of a customer had at the end of a bank day, until its next row. Minor units."""

    customer_no: int
    bank_date: date
    deposits_minor: int
    wealth_minor: int
    loans_minor: int
    currency: str


def add_positions(rows: Iterable[Position], *, currency: str) -> list[Position]:
    """What a customer had, over all numbers, on each day on which any of them changed; rows in the order of days.

    Of each number the last row holds on; another currency than the customer's is left out, as in the totals.
    """
    last: dict[int, Position] = {}
    days: dict[date, Position] = {}
    for row in rows:
        last[row.customer_no] = row
        held = [one for one in last.values() if one.currency == currency] or [row]
        days[row.bank_date] = Position(
            row.customer_no,
            row.bank_date,
            sum(one.deposits_minor for one in held),
            sum(one.wealth_minor for one in held),
            sum(one.loans_minor for one in held),
            held[0].currency,
        )
    return list(days.values())


@dataclass(frozen=True, slots=True)
class Identity:
    """What says for certain who a customer is, as far as the bank knows it; the ID number as its fingerprint."""

    id_kind: str | None
    id_index: str | None
    uscc: str | None


def identities_differ(one: Identity, two: Identity) -> bool:
    """Whether both have a number of the same kind that can belong to one person or firm only, and not the same."""
    documents = one.id_kind == two.id_kind and _both_and_not_the_same(one.id_index, two.id_index)
    return documents or _both_and_not_the_same(one.uscc, two.uscc)


def _both_and_not_the_same(one: str | None, two: str | None) -> bool:
    return one is not None and two is not None and one != two


def merged_below(number: int, edges: Mapping[int, int]) -> set[int]:
    """`number` and all that were merged into it, directly or by another (edges: loser → survivor)."""
    found = {number}
    while fresh := {loser for loser, survivor in edges.items() if survivor in found} - found:
        found |= fresh
    return found


def in_order(one: int, two: int) -> tuple[int, int]:
    """A pair of customers, whichever was named first."""
    return min(one, two), max(one, two)
