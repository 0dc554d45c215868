"""The rules of marketing, edge by edge."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from haoyou.centers.customers.contract import Card, Channel, ContactOutcome
from haoyou.centers.marketing import rules
from haoyou.centers.marketing.contract import Status, SuppressedReason
from haoyou.centers.marketing.rules import Candidate, Facts, LiveOne, decide
from haoyou.centers.marketing.tests.factories import BANK_DATE, day, signal
from haoyou.kernel.errors import NotFound
from haoyou.kernel.money import Money
from haoyou.kernel.names import Name

UNKNOWN, UNMANAGED, OPEN = SuppressedReason.UNKNOWN_CUSTOMER, SuppressedReason.NO_MANAGER, SuppressedReason.ALREADY_OPEN


def card(no: int, *, manager: int | None = 7) -> Card:
    return Card(
        no=no,
        id=UUID(int=no),
        code=f"C{no}",
        name=None,
        kind="person",
        line="retail",
        tier="gold",
        aum=Money(0, "CNY"),
        institution_id=3,
        manager_id=manager,
    )


def verdicts(*candidates: Candidate, live: tuple[LiveOne, ...] = ()) -> list[tuple[str, SuppressedReason | None]]:
    decisions = decide(candidates, live=live)
    return [(one.candidate.signal.transaction_code, one.suppressed) for one in decisions]


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
def test_one_live_opportunity_at_a_time(raised_on: date, expected: SuppressedReason | None) -> None:
    live = (LiveOne(1, "large_inflow", raised_on),)
    assert verdicts(Candidate(signal(1), card(1)), live=live) == [("T1", expected)]


def test_another_customer_or_another_rule_does_not_count() -> None:
    live = (LiveOne(2, "large_inflow", day(-1)), LiveOne(1, "term_ends", day(-1)))
    assert verdicts(Candidate(signal(1), card(1)), live=live) == [("T1", None)]


def test_within_a_batch_the_largest_goes_first_then_the_lower_transaction_code() -> None:
    small = Candidate(signal(1, "T1", amount_minor=100), card(1))
    large = Candidate(signal(1, "T2", amount_minor=300), card(1))
    twin = Candidate(signal(1, "T0", amount_minor=300), card(1))
    other = Candidate(signal(2, "T3", amount_minor=200), card(2))
    assert verdicts(small, large, twin, other) == [("T0", None), ("T2", OPEN), ("T3", None), ("T1", OPEN)]


def test_a_suppressed_one_does_not_keep_others_out() -> None:
    first = Candidate(signal(1, "T1", amount_minor=300), card(1, manager=None))
    second = Candidate(signal(1, "T2", amount_minor=200), card(1))
    assert verdicts(first, second) == [("T1", UNMANAGED), ("T2", None)]


def test_days_of_one_batch_are_compared_each_with_its_own() -> None:
    old = Candidate(signal(1, "T1", bank_date=day(-31), amount_minor=300), card(1))
    new = Candidate(signal(1, "T2", bank_date=day(0), amount_minor=200), card(1))
    assert verdicts(old, new) == [("T1", None), ("T2", None)]


def test_ids_follow_from_the_signal_and_never_change() -> None:
    opportunity = rules.opportunity_id(UUID(int=1))
    assert opportunity == UUID("35991999-6f37-58f1-b8a8-ec11a0a6d6f8")
    assert rules.task_id(opportunity) == UUID("c00dbc74-c9cb-546f-989e-3a280688614e")


@pytest.mark.parametrize(("status", "error"), [(Status.SUPPRESSED, NotFound), (Status.CLOSED, rules.AlreadyClosed)])
def test_what_nobody_may_work_on(status: Status, error: type[Exception]) -> None:
    with pytest.raises(error):
        rules.check_workable(status)


@pytest.mark.parametrize("status", [Status.OPEN, Status.CONTACTED])
def test_what_may_be_worked_on(status: Status) -> None:
    rules.check_workable(status)


ASKING = [ContactOutcome.NOT_REACHED, ContactOutcome.INTERESTED]
ENDING = [ContactOutcome.REACHED, ContactOutcome.REFUSED, ContactOutcome.AGREED]


@pytest.mark.parametrize(
    ("outcome", "next_on", "code"),
    [
        *((outcome, None, "required") for outcome in ASKING),
        *((outcome, None, None) for outcome in ENDING),
        *((outcome, day(-1), "in_the_past") for outcome in ContactOutcome),
        *((outcome, day(0), None) for outcome in ContactOutcome),
        *((outcome, day(90), None) for outcome in ContactOutcome),
        *((outcome, day(91), "too_late") for outcome in ContactOutcome),
    ],
)
def test_the_next_day_of_a_contact(outcome: ContactOutcome, next_on: date | None, code: str | None) -> None:
    fault = rules.find_next_on_fault(outcome, next_on, today=BANK_DATE, expires_on=day(30))
    assert (fault and fault.code) == code


@pytest.mark.parametrize(
    ("value", "facts", "expected"),
    [
        (
            Money(3_200_000, "CNY"),
            Facts(6, 3_650_000, 0, None),
            Name(
                "入账 ¥32,000.00，约为近半年单笔平均的 5.2 倍",
                "¥32,000.00 came in, about 5.2 times the average credit of the last half year",
            ),
        ),
        (
            Money(300, "CZK"),
            Facts(5, 500, 0, None),
            Name(
                "入账 CZK 3.00，约为近半年单笔平均的 3.0 倍",
                "CZK 3.00 came in, about 3.0 times the average credit of the last half year",
            ),
        ),
        (
            Money(1_234_567, "JPY"),
            Facts(5, 61_728, 0, None),
            Name(
                "入账 JPY 1,234,567，约为近半年单笔平均的 100.0 倍",
                "JPY 1,234,567 came in, about 100.0 times the average credit of the last half year",
            ),
        ),
        (Money(5, "CNY"), Facts(0, 0, 0, None), Name("入账 ¥0.05", "¥0.05 came in")),
    ],
)
def test_why_in_one_line(value: Money, facts: Facts, expected: Name) -> None:
    assert rules.why(value, facts) == expected


def test_the_ratio_never_says_more_than_there_is() -> None:
    assert rules.why(Money(399_999, "CNY"), Facts(1, 100_000, 0, None)).zh.endswith("3.9 倍")


def test_why_a_task_moved() -> None:
    assert rules.why_again(ContactOutcome.NOT_REACHED, day(5)) == Name(
        "上次未联系上，2026-11-25 再联系", "Not reached last time; try again on 2026-11-25"
    )
    assert rules.why_again(ContactOutcome.INTERESTED, day(5)) == Name(
        "客户有意向，2026-11-25 跟进", "The customer is interested; follow up on 2026-11-25"
    )


def test_evidence_lists_the_figures_as_they_were() -> None:
    facts = Facts(6, 3_650_001, 123_456, "某公司")
    lines = [
        (one.label.en, one.kind, one.value, one.money)
        for one in rules.evidence(Money(3_200_000, "CNY"), BANK_DATE, facts)
    ]
    assert lines == [
        ("Amount that came in", "money", "¥32,000.00", Money(3_200_000, "CNY")),
        ("Date", "date", "2026-11-20", None),
        ("Average credit of the last 180 days", "money", "¥6,083.33", Money(608_333, "CNY")),
        ("Credits in the last 180 days", "number", "6", None),
        ("Balance before", "money", "¥1,234.56", Money(123_456, "CNY")),
        ("Counterparty", "text", "某公司", None),
    ]


def test_evidence_without_history_or_counterparty() -> None:
    lines = rules.evidence(Money(100, "CNY"), BANK_DATE, Facts(0, 0, -5, None))
    assert [(one.label.en, one.value) for one in lines] == [
        ("Amount that came in", "¥1.00"),
        ("Date", "2026-11-20"),
        ("Credits in the last 180 days", "0"),
        ("Balance before", "¥-0.05"),
    ]


def test_a_rule_without_words_is_a_programmers_mistake() -> None:
    with pytest.raises(AssertionError, match="no texts for rule large_inflow version 2"):
        rules.text_of("large_inflow", 2)


def test_a_draft_says_itself_as_the_screen_reads_it() -> None:
    empty = {"channel": None, "outcome": None, "note": None, "next_on": None, "reservation_id": None}
    assert rules.Draft().as_json() == empty | {"version": 0, "saved_at": None}
    full = rules.Draft(
        channel=Channel.CALL,
        outcome=ContactOutcome.AGREED,
        note="好",
        next_on=day(1),
        reservation_id=UUID(int=5),
        version=3,
        saved_at=datetime(2026, 11, 20, 1, 30, tzinfo=UTC),
    )
    assert full.as_json() == {
        "channel": "call",
        "outcome": "agreed",
        "note": "好",
        "next_on": "2026-11-21",
        "reservation_id": "00000000-0000-0000-0000-000000000005",
        "version": 3,
        "saved_at": "2026-11-20T01:30:00Z",
    }
