"""Which candidate becomes work, edge by edge."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from haoyou.centers.customers.contract import Card
from haoyou.centers.insight.contract import Figure
from haoyou.centers.marketing import rules
from haoyou.centers.marketing.arbitration import Candidate, decide, factors_of, value_centi
from haoyou.centers.marketing.contract import RuleCode, SuppressedReason
from haoyou.centers.marketing.rules import LiveOne
from haoyou.centers.marketing.tests.factories import day, signal
from haoyou.kernel.money import Money
from haoyou.lake.discovery.definition import BY_CODE

UNKNOWN, UNMANAGED, OPEN = SuppressedReason.UNKNOWN_CUSTOMER, SuppressedReason.NO_MANAGER, SuppressedReason.ALREADY_OPEN
OUTSCORED = SuppressedReason.OUTSCORED
EARLIER = UUID(int=7)


def card(no: int, *, manager: int | None = 7, tier: str = "plain") -> Card:
    return Card(
        no=no,
        id=UUID(int=no),
        code=f"C{no}",
        name=None,
        kind="person",
        line="retail",
        tier=tier,
        aum=Money(0, "CNY"),
        institution_id=3,
        manager_id=manager,
    )


def candidate(no: int, named: str = "T1", *, tier: str = "plain", **changes: Any) -> Candidate:
    return Candidate(signal(no, named, **changes), card(no, tier=tier))


def verdicts(*candidates: Candidate, live: tuple[LiveOne, ...] = ()) -> list[tuple[str, SuppressedReason | None]]:
    return [(one.candidate.signal.raised_by, one.suppressed) for one in decide(candidates, live=live)]


def test_every_rule_has_a_weight() -> None:
    assert [one.value for one in RuleCode] == list(BY_CODE)


@pytest.mark.parametrize(
    ("customer", "expected"),
    [(card(1), None), (card(1, manager=None), UNMANAGED), (card(1, manager=0), UNMANAGED), (None, UNKNOWN)],
)
def test_who_cannot_be_served_is_set_aside(customer: Card | None, expected: SuppressedReason | None) -> None:
    assert verdicts(Candidate(signal(1), customer)) == [("T1", expected)]


@pytest.mark.parametrize(
    ("raised_on", "expected"),
    [(day(-31), None), (day(-30), OPEN), (day(-1), OPEN), (day(0), OPEN), (day(1), OPEN)],
    ids=["31 days before", "30 days before", "yesterday", "today", "told out of order"],
)
@pytest.mark.parametrize("rule", ["large_inflow", "idle_balance"])
def test_one_live_opportunity_at_a_time(raised_on: date, expected: SuppressedReason | None, rule: str) -> None:
    assert verdicts(candidate(1), live=(LiveOne(EARLIER, 1, rule, raised_on),)) == [("T1", expected)]


def test_another_customer_does_not_count() -> None:
    assert verdicts(candidate(1), live=(LiveOne(EARLIER, 2, "large_inflow", day(-1)),)) == [("T1", None)]


@pytest.mark.parametrize(("rule", "expected"), [("large_inflow", None), ("deposit_maturing", OPEN)])
def test_what_is_urgent_waits_for_its_own_kind_only(rule: str, expected: SuppressedReason | None) -> None:
    urgent = candidate(1, "D1", rule="deposit_maturing")
    assert verdicts(urgent, live=(LiveOne(EARLIER, 1, rule, day(-1)),)) == [("D1", expected)]


def test_the_score_decides_and_the_losers_name_who_went_before() -> None:
    inflow = candidate(1, "T1", amount_minor=1_000_000_00)  # 0.3 × 6.00 = 1.8
    runoff = candidate(1, "R1", rule="balance_runoff", amount_minor=1_000_000_00)  # 0.25 × 6.00 × 1.2 = 1.8
    salary = candidate(1, "S1", rule="salary_moved", amount_minor=9_000_00)  # 0.2 × 3.95 × 1.2 = 0.948
    decisions = decide([salary, runoff, inflow], live=())
    assert [(one.candidate.signal.raised_by, one.factors.score, one.suppressed) for one in decisions] == [
        ("R1", 1800, None),  # a tie: the same amount, then the name
        ("T1", 1800, OUTSCORED),
        ("S1", 948, OUTSCORED),
    ]
    winner = rules.opportunity_id(runoff.signal.id)
    assert [one.outscored_by for one in decisions] == [None, winner, winner]


def test_an_urgent_one_goes_beside_the_best_of_the_day() -> None:
    maturing = candidate(1, "D1", rule="deposit_maturing", amount_minor=10_000_00)
    assert verdicts(candidate(1, amount_minor=10_000_000_00), maturing) == [("D1", None), ("T1", OUTSCORED)]
    small = candidate(1, "D1", rule="deposit_maturing", amount_minor=1_00)
    assert verdicts(candidate(1, amount_minor=10_000_000_00), small) == [("T1", None), ("D1", None)]


def test_within_a_rule_the_largest_goes_first_then_the_lower_name() -> None:
    small, large = candidate(1, "T1", amount_minor=100_00), candidate(1, "T2", amount_minor=300_00)
    twin, other = candidate(1, "T0", amount_minor=300_00), candidate(2, "T3", amount_minor=200_00)
    assert verdicts(small, large, twin, other) == [("T0", None), ("T2", OPEN), ("T3", None), ("T1", OPEN)]


def test_a_suppressed_one_does_not_keep_others_out() -> None:
    first = Candidate(signal(1, "T1", amount_minor=300_00), card(1, manager=None))
    assert verdicts(first, candidate(1, "T2", amount_minor=200_00)) == [("T1", UNMANAGED), ("T2", None)]


def test_days_of_one_batch_are_compared_each_with_its_own() -> None:
    old = candidate(1, "T1", bank_date=day(-31), amount_minor=300_00)
    assert verdicts(old, candidate(1, "T2", bank_date=day(0), amount_minor=200_00)) == [("T1", None), ("T2", None)]


@pytest.mark.parametrize(("tier", "percent"), [("platinum", 130), ("gold", 120), ("silver", 110), ("plain", 100)])
def test_the_tier_weighs(tier: str, percent: int) -> None:
    assert factors_of(candidate(1, tier=tier)).tier_percent == percent


@pytest.mark.parametrize(("days_left", "percent"), [(1, 120), (7, 120), (8, 100)])
def test_a_contract_that_ends_within_a_week_presses(days_left: int, percent: int) -> None:
    one = candidate(1, rule="deposit_maturing", figures=(Figure("days_left", days_left),))
    assert factors_of(one).time_percent == percent


@pytest.mark.parametrize(
    ("minor", "expected"), [(-5, 0), (0, 0), (900, 100), (9_900, 200), (9_899, 199), (10**11, 900)]
)
def test_ten_times_the_money_is_one_step(minor: int, expected: int) -> None:
    assert value_centi(Money(minor, "CNY")) == expected
