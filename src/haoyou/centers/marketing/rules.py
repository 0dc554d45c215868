"""Pure parts of marketing: what an opportunity is, its lasting names, when it may be worked on and needs a next day.

Which signal becomes work is in arbitration.py, what cards say in wording.py.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import prod
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from haoyou.centers.customers.contract import Channel, ContactOutcome
from haoyou.centers.insight.contract import Figure
from haoyou.centers.marketing.contract import Arm, ResultKind, Status, SuppressedReason
from haoyou.kernel.errors import Conflict, Json, NotFound
from haoyou.kernel.money import Money

TASK_DUE_DAYS = 2
NEXT_ON_BEYOND_DAYS_MAX = 60  # how long after the expiry a follow-up may still be promised
LIVE = (Status.OPEN, Status.CONTACTED)
WON = (ResultKind.HELD, ResultKind.PRODUCT)
SCORE_UNIT = 100**4  # four factors are in hundredths; that of propensity is in thousandths, and so is the score
CONTROL_OF = 10_000  # the hold-out is drawn in hundredths of a percent

_OPPORTUNITIES = uuid5(NAMESPACE_URL, "urn:haoyou:marketing:opportunity")
_TASKS = uuid5(NAMESPACE_URL, "urn:haoyou:marketing:task")


class AlreadyClosed(Conflict):
    code = "marketing.already_closed"
    title = "The result of this opportunity is already booked"


@dataclass(frozen=True, slots=True)
class Facts:
    """The figures behind an opportunity, kept as they were on the day it was raised; wording says what each means."""

    figures: tuple[Figure, ...]

    def find(self, name: str) -> int | str | None:
        return next((one.value for one in self.figures if one.name == name), None)

    def number(self, name: str) -> int:
        """Nought where it was not told."""
        value = self.find(name)
        return value if isinstance(value, int) else 0


@dataclass(frozen=True, slots=True)
class Factors:
    """Why one candidate went before another; see arbitration."""

    propensity_permille: int
    tier_percent: int
    time_percent: int
    value_centi: int
    lever_percent: int

    @property
    def score(self) -> int:
        """In thousandths."""
        parts = (self.propensity_permille, self.tier_percent, self.time_percent, self.value_centi, self.lever_percent)
        return prod(parts) // SCORE_UNIT


@dataclass(frozen=True, slots=True)
class ProductOpened:
    """A contract opened between the day it was raised and the day of judgement."""

    kind: Literal["loan", "card", "term", "wealth"]
    opened_on: date


@dataclass(frozen=True, slots=True)
class Result:
    """What became of it; `held_share_bps` is the share of the amount still or again there, in hundredths of a percent.

    `version` is that of the rule of the result, not of the rule that raised it.
    """

    kind: ResultKind
    held_share_bps: int
    held: Money
    products: tuple[ProductOpened, ...]
    booked_on: date
    version: int


@dataclass(frozen=True, slots=True)
class Opportunity:
    """`manager_id` is 0 where nobody manages the customer, `outscored_by` the opportunity that went before this one."""

    id: UUID
    customer_no: int
    institution_id: int
    manager_id: int
    line: str
    rule: str
    rule_version: int
    account_code: str | None
    raised_by: str
    raised_on: date
    expires_on: date
    value: Money
    facts: Facts
    status: Status
    suppressed_reason: SuppressedReason | None
    task_id: UUID
    contacted_at: datetime | None
    last_outcome: ContactOutcome | None
    version: int
    arm: Arm
    factors: Factors | None
    outscored_by: UUID | None
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class LiveOne:
    """An opportunity that was dispatched, or would have been but for the hold-out, and has no result yet."""

    id: UUID
    customer_no: int
    rule: str
    raised_on: date


@dataclass(frozen=True, slots=True)
class Contact:
    id: UUID
    staff_id: int
    channel: Channel
    outcome: ContactOutcome
    note: str
    made_at: datetime
    bank_date: date
    next_on: date | None


@dataclass(frozen=True, slots=True)
class Leave:
    """The governor's leave for one person to contact a customer once through one channel."""

    reservation_id: UUID
    staff_id: int
    channel: Channel


@dataclass(frozen=True, slots=True)
class Draft:
    """A contact somebody has begun to write down; version 0 is the empty sheet."""

    channel: Channel | None = None
    outcome: ContactOutcome | None = None
    note: str | None = None
    next_on: date | None = None
    reservation_id: UUID | None = None
    version: int = 0
    saved_at: datetime | None = None

    def body(self) -> dict[str, Json]:
        """What was typed, as it is stored."""
        return {
            "channel": self.channel,
            "outcome": self.outcome,
            "note": self.note,
            "next_on": self.next_on.isoformat() if self.next_on else None,
            "reservation_id": str(self.reservation_id) if self.reservation_id else None,
        }

    def as_json(self) -> dict[str, Json]:
        """The whole draft, for whoever began from an older one."""
        saved_at = self.saved_at.astimezone(UTC).isoformat().replace("+00:00", "Z") if self.saved_at else None
        return self.body() | {"version": self.version, "saved_at": saved_at}


def opportunity_id(signal_id: UUID) -> UUID:
    return uuid5(_OPPORTUNITIES, str(signal_id))


def task_id(opportunity: UUID) -> UUID:
    return uuid5(_TASKS, str(opportunity))


def act_id(opportunity: UUID, key: UUID, what: str) -> UUID:
    """The lasting name of what one act makes: a request that is sent again makes nothing new."""
    return uuid5(opportunity, f"{key}/{what}")


def is_held_out(fingerprint: str, percent: int) -> bool:
    """Whether a customer with this keyed fingerprint is left alone for comparison; a larger share adds, never swaps."""
    return int(fingerprint[:12], 16) % CONTROL_OF < percent * CONTROL_OF // 100


def check_workable(status: Status) -> None:
    """A suppressed opportunity is nobody's work: it looks absent. A closed one has its result."""
    if status in (Status.SUPPRESSED, Status.CONTROL):
        raise NotFound()
    if status is Status.CLOSED:
        raise AlreadyClosed()


def asks_for_next(outcome: ContactOutcome) -> bool:
    return outcome in (ContactOutcome.NOT_REACHED, ContactOutcome.INTERESTED)


@dataclass(frozen=True, slots=True)
class FieldFault:
    code: str
    message: str


def find_next_on_fault(
    outcome: ContactOutcome, next_on: date | None, *, today: date, expires_on: date
) -> FieldFault | None:
    """What is wrong with the promised day, or nothing."""
    if next_on is None:
        return (
            FieldFault("required", "say when the customer will be contacted again") if asks_for_next(outcome) else None
        )
    if next_on < today:
        return FieldFault("in_the_past", f"not before the bank's day, {today}")
    latest = expires_on + timedelta(days=NEXT_ON_BEYOND_DAYS_MAX)
    return FieldFault("too_late", f"not after {latest}") if next_on > latest else None


def product_order(one: ProductOpened) -> tuple[date, str]:
    return one.opened_on, one.kind


@dataclass(frozen=True, slots=True)
class Stamp:
    """What lists show of a customer; `version` only rises."""

    customer_no: int
    live: int
    version: int


@dataclass(frozen=True, slots=True)
class Period:
    """Days on which opportunities were raised, both included; None is without an end."""

    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class ArmTotals:
    """One rule in one arm: `raised` is `taken` and `suppressed`; taken is dispatched, in the control arm held out."""

    rule: str
    arm: Arm
    raised: int
    taken: int
    suppressed: int
    booked: int
    won: int
    held_minor: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The board's figures; `inflow_minor` and `held_minor` are of booked dispatched opportunities in one currency.

    Money is that of rules whose result is measured in money. Nothing here counts whoever is held out.
    """

    raised: int
    dispatched: int
    suppressed: int
    contacted: int
    booked: int
    held: int
    product: int
    left: int
    booked_contacted: int
    won_contacted: int
    won_untouched: int
    inflow_minor: int
    held_minor: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of one manager's dispatched opportunities in one institution."""

    institution_id: int
    manager_id: int
    dispatched: int
    contacted: int
    booked: int
    won: int
    held_minor: int
