"""Which candidate becomes work: one decision for a customer and bank day over all that the rules found.

Score = propensity × context × value × lever, each factor kept with the decision. Propensity is how often such a talk is
expected to end well (a prior of the rule, in thousandths); context is the customer's tier and how soon a contract ends
(percent); value is the logarithm of the amount (hundredths), so that ten times the money is one step and not ten times
the claim; the lever is what the bank wants more of (percent). Whole numbers only.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import log10
from uuid import UUID

from haoyou.centers.customers.contract import Card
from haoyou.centers.insight.contract import Finding
from haoyou.centers.marketing import rules
from haoyou.centers.marketing.contract import SuppressedReason
from haoyou.centers.marketing.rules import LiveOne
from haoyou.kernel.money import Money
from haoyou.lake.discovery.definition import BY_CODE

QUIET_DAYS = 30  # so long an opportunity that is not done keeps a customer's others back
TIER_PERCENT = {"platinum": 130, "gold": 120, "silver": 110}
SOON_DAYS, SOON_PERCENT = 7, 120


@dataclass(frozen=True, slots=True)
class Candidate:
    """A signal with the customer it is about, or None where no customer answers to the number."""

    signal: Finding
    customer: Card | None


@dataclass(frozen=True, slots=True)
class Decision:
    """`outscored_by`: the opportunity of the same day that went before."""

    candidate: Candidate
    factors: rules.Factors
    suppressed: SuppressedReason | None
    outscored_by: UUID | None = None


def decide(candidates: Sequence[Candidate], *, live: Iterable[LiveOne]) -> list[Decision]:
    """The highest score first. A customer has one live opportunity; urgent rules may add theirs, one of each rule."""
    of_customer: dict[int, list[LiveOne]] = defaultdict(list)
    for one in live:
        of_customer[one.customer_no].append(one)
    today: set[UUID] = set()
    decisions: list[Decision] = []
    weighed = [(one, factors_of(one)) for one in candidates]
    for one, factors in sorted(weighed, key=lambda pair: _rank(*pair)):
        signal = one.signal
        reason, winner = _reason(one, of_customer[signal.customer_no])
        if reason is SuppressedReason.ALREADY_OPEN and winner and winner.id in today and winner.rule != signal.rule:
            decisions.append(Decision(one, factors, SuppressedReason.OUTSCORED, winner.id))
            continue
        decisions.append(Decision(one, factors, reason))
        if reason is None:
            mine = LiveOne(rules.opportunity_id(signal.id), signal.customer_no, signal.rule, signal.bank_date)
            of_customer[signal.customer_no].append(mine)
            today.add(mine.id)
    return decisions


def _rank(one: Candidate, factors: rules.Factors) -> tuple[int, int, str, str]:
    return -factors.score, -one.signal.amount_minor, one.signal.raised_by, one.signal.rule


def _reason(one: Candidate, live: Sequence[LiveOne]) -> tuple[SuppressedReason | None, LiveOne | None]:
    if one.customer is None:
        return SuppressedReason.UNKNOWN_CUSTOMER, None
    if not one.customer.manager_id:
        return SuppressedReason.NO_MANAGER, None
    since = quiet_since(one.signal.bank_date)
    recent = [other for other in live if other.raised_on >= since]
    same = [other for other in recent if other.rule == one.signal.rule]
    in_the_way = same or ([] if BY_CODE[one.signal.rule].urgent else recent)
    return (SuppressedReason.ALREADY_OPEN, in_the_way[0]) if in_the_way else (None, None)


def quiet_since(bank_date: date) -> date:
    """The first day whose live opportunities keep a signal of `bank_date` from becoming another one."""
    return bank_date - timedelta(days=QUIET_DAYS)


def factors_of(one: Candidate) -> rules.Factors:
    """Nobody known has no tier; a contract that ends within a week presses."""
    definition, signal = BY_CODE[one.signal.rule], one.signal
    days_left = next((figure.value for figure in signal.figures if figure.name == "days_left"), None)
    is_soon = isinstance(days_left, int) and days_left <= SOON_DAYS
    return rules.Factors(
        propensity_permille=definition.propensity_permille,
        tier_percent=TIER_PERCENT.get(one.customer.tier, 100) if one.customer else 100,
        time_percent=SOON_PERCENT if is_soon else 100,
        value_centi=value_centi(Money(signal.amount_minor, signal.currency)),
        lever_percent=definition.lever_percent,
    )


def value_centi(value: Money) -> int:
    """The logarithm to base ten of the amount in whole units and one more, in hundredths, cut."""
    return int(100 * log10(1 + max(0, int(value.amount))))
