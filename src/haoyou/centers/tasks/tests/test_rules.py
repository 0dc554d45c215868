"""The rule tables of tasks."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from haoyou.centers.tasks import contract, rules
from haoyou.kernel.errors import AppError, Forbidden
from haoyou.kernel.money import Money
from haoyou.kernel.names import Name

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
ME, SOMEBODY_ELSE = 7, 8
OWN = contract.Origin("tasks", "own", "1")
OPPORTUNITY = contract.Origin("marketing", "opportunity", "1")


def make_task(*, due: int = 30, value: int = 0, origin: contract.Origin = OPPORTUNITY, number: int = 1) -> rules.Task:
    """`due` in days from today, `value` in whole yuan."""
    return rules.Task(
        id=UUID(int=number),
        origin=origin,
        customer_no=1,
        institution_id=1,
        assignee_id=ME,
        line="retail",
        title=Name("联系客户"),
        why=Name("到期"),
        due_on=TODAY + timedelta(days=due),
        value=Money(value * 100, "CNY"),
        status=rules.TaskStatus.OPEN,
        created_at=NOW,
    )


def make_closed(origin: contract.Origin = OWN) -> rules.Task:
    return rules.close(make_task(origin=origin), by=ME, at=NOW, on=TODAY, result="done")


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (-400, ("overdue", 40)),
        (-11, ("overdue", 40)),
        (-10, ("overdue", 40)),
        (-9, ("overdue", 39)),
        (-1, ("overdue", 31)),
        (0, ("due_today", 25)),
        (1, ("due", 10)),
        (3, ("due", 10)),
    ],
)
def test_the_nearer_the_day_the_more_points(due: int, expected: tuple[str, int]) -> None:
    assert rules.priority_of(make_task(due=due), TODAY).parts == (rules.Part(*expected),)


@pytest.mark.parametrize(
    ("value", "points"),
    [
        (5_000, 5),
        (19_999, 5),
        (20_000, 10),
        (50_000, 16),
        (100_000, 22),
        (200_000, 28),
        (499_999, 28),
        (500_000, 34),
        (1_000_000, 40),
        (90_000_000, 40),
    ],
)
def test_the_larger_the_value_the_more_points(value: int, points: int) -> None:
    assert rules.priority_of(make_task(value=value), TODAY).parts == (rules.Part("value", points),)


def test_what_does_not_count_is_not_among_the_reasons() -> None:
    nothing = rules.priority_of(make_task(due=4, value=4_999), TODAY)
    assert (nothing.points, nothing.parts) == (0, ())


def test_priority_is_the_sum_of_its_reasons() -> None:
    priority = rules.priority_of(make_task(due=-2, value=300_000, origin=OWN), TODAY)
    assert [(part.code, part.points) for part in priority.parts] == [("overdue", 32), ("value", 28), ("own", 5)]
    assert priority.points == 65


def test_a_closed_task_has_no_priority() -> None:
    assert rules.priority_of(make_closed(), TODAY).points == 0


def test_order_is_points_then_day_then_age() -> None:
    tasks = [
        make_task(number=1, due=5),
        make_task(number=2, due=4),
        make_task(number=3, due=0),
        make_task(number=5, due=20, value=70_000),
        make_task(number=4, due=20, value=60_000),
        make_task(number=6, due=-1),
    ]
    assert [task.id.int for task in rules.rank(tasks, TODAY)] == [6, 3, 4, 5, 2, 1]


@pytest.mark.parametrize(
    ("due", "span"),
    [
        (None, (None, None)),
        (rules.Due.OVERDUE, (None, date(2026, 11, 19))),
        (rules.Due.TODAY, (date(2026, 11, 20), date(2026, 11, 20))),
        (rules.Due.LATER, (date(2026, 11, 21), None)),
    ],
)
def test_spans_of_days(due: rules.Due | None, span: tuple[date | None, date | None]) -> None:
    assert rules.due_span(due, TODAY) == span


def test_closing_says_who_when_and_how() -> None:
    closed = rules.close_by_hand(make_task(origin=OWN), by=ME, at=NOW, on=TODAY, result="done")
    assert (closed.status, closed.result, closed.closed_by, closed.closed_at, closed.closed_on, closed.version) == (
        rules.TaskStatus.CLOSED, "done", ME, NOW, TODAY, 2
    )  # fmt: skip


@pytest.mark.parametrize(
    ("task", "by", "error", "data"),
    [
        (make_task(origin=OWN), SOMEBODY_ELSE, Forbidden, {}),
        (make_closed(), SOMEBODY_ELSE, Forbidden, {}),
        (make_closed(), ME, rules.TaskAlreadyClosed, {"task_id": str(UUID(int=1))}),
        (make_closed(OPPORTUNITY), ME, rules.TaskAlreadyClosed, {"task_id": str(UUID(int=1))}),
        (
            make_task(),
            ME,
            rules.FinishInOrigin,
            {"origin": {"room": "marketing", "kind": "opportunity", "id": "1"}},
        ),
    ],
)
def test_who_may_not_close_by_hand(task: rules.Task, by: int, error: type[AppError], data: dict[str, object]) -> None:
    with pytest.raises(error) as refusal:
        rules.close_by_hand(task, by=by, at=NOW, on=TODAY, result="done")
    assert (type(refusal.value), refusal.value.data) == (error, data)


def test_an_end_is_taken_back_whole() -> None:
    task = make_task(origin=OWN)
    closed = rules.close(task, by=ME, at=NOW, on=TODAY, result="done")
    assert rules.reopen(closed, by=ME, at=NOW + timedelta(minutes=10)) == replace(task, version=3)


@pytest.mark.parametrize(
    ("task", "minutes", "reason"),
    [
        (make_task(origin=OWN), 0, "open"),
        (make_closed(OPPORTUNITY), 0, "not_own"),
        (make_closed(), 10.01, "too_late"),
    ],
)
def test_what_cannot_be_taken_back(task: rules.Task, minutes: float, reason: str) -> None:
    with pytest.raises(rules.CannotReopen) as refusal:
        rules.reopen(task, by=ME, at=NOW + timedelta(minutes=minutes))
    assert refusal.value.data == {"reason": reason}


def test_nobody_else_takes_my_end_back() -> None:
    with pytest.raises(Forbidden):
        rules.reopen(make_closed(), by=SOMEBODY_ELSE, at=NOW)


def test_only_a_live_task_is_moved_to_another_day() -> None:
    tomorrow, why = TODAY + timedelta(days=1), Name("明天再打")
    moved = rules.reschedule(make_task(), due_on=tomorrow, why=why)
    assert (moved.due_on, moved.why, moved.version) == (tomorrow, why, 2)
    assert rules.reschedule(make_closed(), due_on=tomorrow, why=why) == make_closed()
