"""Pure decisions of tasks: what stands first and why, who may end a task, and how long an end can be taken back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from haoyou.centers.tasks import contract
from haoyou.kernel.errors import Conflict, Forbidden
from haoyou.kernel.money import Money
from haoyou.kernel.names import Name

HERE = "tasks"
OWN_KIND = "own"
OWN_WHY = Name("自己安排的待办", "A to-do of your own")
UNDO = timedelta(minutes=10)  # long enough to notice a slip, too short to rewrite what the day's numbers already said
DUE_AHEAD = timedelta(days=3653)  # ten years: beyond it lies a slip of the finger, and a to-do nobody would ever see

OVERDUE_FIRST, OVERDUE_MOST = 30, 40  # and one point more for each day
TODAY_POINTS = 25
SOON_POINTS, SOON = 10, timedelta(days=3)
OWN_POINTS = 5  # who writes something down means to do it
VALUE_STEPS = (
    (Decimal(1_000_000), 40),
    (Decimal(500_000), 34),
    (Decimal(200_000), 28),
    (Decimal(100_000), 22),
    (Decimal(50_000), 16),
    (Decimal(20_000), 10),
    (Decimal(5_000), 5),
)
"""From this amount, in whole units of the bank's own currency, so many points: steps, for anybody to check."""


class TaskStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Due(StrEnum):
    """When an open task falls due, seen from the bank's day."""

    OVERDUE = "overdue"
    TODAY = "today"
    LATER = "later"


class TaskAlreadyClosed(Conflict):
    code = "tasks.already_closed"
    title = "This to-do has already been closed"


class FinishInOrigin(Conflict):
    """`origin` says where: the result belongs to what the task comes from, and closing that closes the task."""

    code = "tasks.finish_in_origin"
    title = "Finish this where it comes from"


class CannotReopen(Conflict):
    """`reason` is not_own, open or too_late."""

    code = "tasks.cannot_reopen"
    title = "This to-do can no longer be taken back"


@dataclass(frozen=True, slots=True)
class Task:
    id: UUID
    origin: contract.Origin
    customer_no: int
    institution_id: int
    assignee_id: int
    line: str
    title: Name
    why: Name
    due_on: date
    value: Money
    status: TaskStatus
    created_at: datetime
    version: int = 1
    result: str | None = None
    closed_by: int | None = None
    closed_at: datetime | None = None
    closed_on: date | None = None
    personal: bool = False
    """Meant for this person, also when the customer changes hands."""

    @property
    def is_own(self) -> bool:
        return (self.origin.room, self.origin.kind) == (HERE, OWN_KIND)


@dataclass(frozen=True, slots=True)
class Part:
    code: str
    points: int


@dataclass(frozen=True, slots=True)
class Priority:
    """Why a task stands where it stands: the sum of what counts for it."""

    parts: tuple[Part, ...] = ()

    @property
    def points(self) -> int:
        return sum(part.points for part in self.parts)


def priority_of(task: Task, today: date) -> Priority:
    """A closed task has none: nothing is to be done about it."""
    if task.status is TaskStatus.CLOSED:
        return Priority()
    parts = (
        _due_part(task.due_on, today),
        Part("value", _value_points(task.value)),
        Part("own", OWN_POINTS * task.is_own),
    )
    return Priority(tuple(part for part in parts if part.points))


def _due_part(due_on: date, today: date) -> Part:
    if due_on < today:
        return Part("overdue", min(OVERDUE_MOST, OVERDUE_FIRST + (today - due_on).days))
    if due_on == today:
        return Part("due_today", TODAY_POINTS)
    return Part("due", SOON_POINTS if due_on <= today + SOON else 0)


def _value_points(value: Money) -> int:
    return next((points for at_least, points in VALUE_STEPS if value.amount >= at_least), 0)


def rank(tasks: Iterable[Task], today: date) -> list[Task]:
    """The most important first; of equals the one that falls due first, then the older."""
    return sorted(tasks, key=lambda task: (-priority_of(task, today).points, task.due_on, task.id))


def due_span(due: Due | None, today: date) -> tuple[date | None, date | None]:
    """First and last day of what `due` means; None where there is no bound."""
    match due:
        case None:
            return None, None
        case Due.OVERDUE:
            return None, today - timedelta(days=1)
        case Due.TODAY:
            return today, today
        case Due.LATER:
            return today + timedelta(days=1), None


def close(task: Task, *, by: int, at: datetime, on: date, result: str) -> Task:
    """`at` is the moment, `on` the bank's day, which is what the day's numbers count."""
    return replace(
        task,
        status=TaskStatus.CLOSED,
        result=result,
        closed_by=by,
        closed_at=at,
        closed_on=on,
        version=task.version + 1,
    )


def close_by_hand(task: Task, *, by: int, at: datetime, on: date, result: str) -> Task:
    """Whoever has the task ends it, and only a to-do of their own: others end with what they come from."""
    if task.assignee_id != by:
        raise Forbidden("Only whoever has this to-do can close it.")
    if task.status is TaskStatus.CLOSED:
        raise TaskAlreadyClosed(task_id=str(task.id))
    if not task.is_own:
        origin = task.origin
        raise FinishInOrigin(origin={"room": origin.room, "kind": origin.kind, "id": origin.id})
    return close(task, by=by, at=at, on=on, result=result)


def reopen(task: Task, *, by: int, at: datetime) -> Task:
    """Take back an end that was a slip."""
    if task.assignee_id != by:
        raise Forbidden("Only whoever has this to-do can take its end back.")
    if not task.is_own:
        raise CannotReopen(reason="not_own")
    if task.closed_at is None:
        raise CannotReopen(reason="open")
    if at - task.closed_at > UNDO:
        raise CannotReopen(reason="too_late")
    return replace(
        task,
        status=TaskStatus.OPEN,
        result=None,
        closed_by=None,
        closed_at=None,
        closed_on=None,
        version=task.version + 1,
    )


def reschedule(task: Task, *, due_on: date, why: Name) -> Task:
    """Another day, for a reason the person will read. A closed task stays as it ended."""
    if task.status is TaskStatus.CLOSED:
        return task
    return replace(task, due_on=due_on, why=why, version=task.version + 1)


def follow(task: Task, *, institution_id: int, manager_id: int, line: str | None) -> Task:
    """The task in the scope of whoever looks after its customer now.

    Without a manager it stays with whoever has it; one that was meant for a person always does.
    """
    follower = task.assignee_id if task.personal else manager_id or task.assignee_id
    return replace(task, institution_id=institution_id, assignee_id=follower, line=line or task.line)
