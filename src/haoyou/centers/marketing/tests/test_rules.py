"""The rules of marketing, edge by edge."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from haoyou.centers.customers.contract import Channel, ContactOutcome
from haoyou.centers.marketing import rules
from haoyou.centers.marketing.contract import Status
from haoyou.centers.marketing.tests.factories import BANK_DATE, day
from haoyou.kernel.errors import NotFound


def test_ids_follow_from_the_signal_and_never_change() -> None:
    opportunity = rules.opportunity_id(UUID(int=1))
    assert opportunity == UUID("35991999-6f37-58f1-b8a8-ec11a0a6d6f8")
    assert rules.task_id(opportunity) == UUID("c00dbc74-c9cb-546f-989e-3a280688614e")


@pytest.mark.parametrize(
    ("fingerprint", "percent", "expected"),
    [
        ("0" * 32, 0, False),
        ("0" * 32, 1, True),
        (f"{999:012x}", 10, True),
        (f"{1_000:012x}", 10, False),
        (f"{1_000:012x}ff", 11, True),
        (f"{19_999:012x}", 99, False),
        (f"{19_999:012x}", 100, True),
    ],
)
def test_who_is_held_out(fingerprint: str, percent: int, expected: bool) -> None:
    assert rules.is_held_out(fingerprint, percent) is expected


@pytest.mark.parametrize(
    ("status", "error"),
    [(Status.SUPPRESSED, NotFound), (Status.CONTROL, NotFound), (Status.CLOSED, rules.AlreadyClosed)],
)
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
