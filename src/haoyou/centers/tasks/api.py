"""HTTP of tasks: today, lists, one task, a to-do of one's own, its end and its undoing."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from haoyou.centers.tasks import rules, service
from haoyou.kernel.errors import Forbidden, Invalid, NotFound
from haoyou.kernel.web.fields import Cursor, Day, LongText, NameView, PageSize, SearchText, ShortText
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data, Write
from haoyou.kernel.web.problem import invalid_field

router = Router("tasks")

RESULT_LENGTH_MAX = 500


class Whose(StrEnum):
    ME = "me"
    TEAM = "team"


class TaskOrigin(BaseModel):
    """Where a task comes from, and what opens when it is touched."""

    room: str
    kind: str
    id: str


class TaskCustomer(BaseModel):
    id: UUID
    name: str | None
    number: str


class TaskAssignee(BaseModel):
    id: int
    name: str | None


class PriorityPart(BaseModel):
    code: str
    points: int


class TaskView(BaseModel):
    id: UUID
    title: NameView
    why: NameView
    customer: TaskCustomer | None
    assignee: TaskAssignee
    origin: TaskOrigin
    due_on: date
    status: rules.TaskStatus
    priority: int
    priority_parts: list[PriorityPart]
    result: str | None
    closed_at: datetime | None
    version: int
    created_at: datetime

    @staticmethod
    def of(entry: service.Entry) -> "TaskView":
        task, card, priority = entry.task, entry.customer, entry.priority
        return TaskView(
            id=task.id,
            title=NameView.of(task.title),
            why=NameView.of(task.why),
            customer=TaskCustomer(id=card.id, name=card.name, number=card.code) if card else None,
            assignee=TaskAssignee(id=task.assignee_id, name=entry.assignee_name),
            origin=TaskOrigin(room=task.origin.room, kind=task.origin.kind, id=task.origin.id),
            due_on=task.due_on,
            status=task.status,
            priority=priority.points,
            priority_parts=[PriorityPart(code=part.code, points=part.points) for part in priority.parts],
            result=task.result,
            closed_at=task.closed_at,
            version=task.version,
            created_at=task.created_at,
        )


class TodayCounts(BaseModel):
    open: int
    overdue: int
    due_today: int
    done_today: int


class TodayView(BaseModel):
    """My day at the bank: how much there is, and the first 50 things in the order of their priority."""

    business_date: date
    counts: TodayCounts
    items: list[TaskView]


class TaskPage(BaseModel):
    items: list[TaskView]
    next: str | None
    count: int | None
    """Exact up to 1,000; null when there are more."""


class NewTaskBody(BaseModel):
    title: ShortText
    due_on: Day
    customer_id: UUID | None = None


class ResultBody(BaseModel):
    result: Annotated[LongText, Field(min_length=1, max_length=RESULT_LENGTH_MAX)]


@router.get("/today", permission="tasks.read", data=Data.CUSTOMER)
async def get_today(ctx: Caller) -> TodayView:
    today = await service.get_today(ctx)
    counts = today.counts
    return TodayView(
        business_date=today.business_date,
        counts=TodayCounts(
            open=counts.open, overdue=counts.overdue, due_today=counts.due_today, done_today=counts.done_today
        ),
        items=[TaskView.of(entry) for entry in today.entries],
    )


@router.get("/tasks", permission="tasks.read", data=Data.CUSTOMER)
async def list_tasks(
    ctx: Caller,
    status: rules.TaskStatus = rules.TaskStatus.OPEN,
    due: rules.Due | None = None,
    assignee: Whose = Whose.ME,
    q: Annotated[SearchText, Query()] = "",
    after: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[PageSize, Query()] = 30,
) -> TaskPage:
    """Open: the first due first. Closed: the last closed first. `assignee=team`: all within my scope."""
    team = assignee is Whose.TEAM
    if status is rules.TaskStatus.OPEN:
        found = await service.list_open(ctx, team=team, due=due, words=q, after=_day_position(after), limit=limit)
    elif due is None:
        found = await service.list_closed(ctx, team=team, words=q, after=_instant_position(after), limit=limit)
    else:
        raise invalid_field("due", "open_only", "only an open to-do falls due")
    following = write_cursor(*found.following) if found.following else None
    return TaskPage(items=[TaskView.of(entry) for entry in found.entries], next=following, count=found.count)


def _day_position(after: str | None) -> tuple[date, UUID] | None:
    match read_cursor(after, date, UUID):
        case None:
            return None
        case [date() as due_on, UUID() as task_id]:
            return due_on, task_id
        case _:
            raise _foreign_cursor()


def _instant_position(after: str | None) -> tuple[datetime, UUID] | None:
    match read_cursor(after, datetime, UUID):
        case None:
            return None
        case [datetime(tzinfo=zone) as closed_at, UUID() as task_id] if zone:
            return closed_at, task_id
        case _:  # also a position of the list of open tasks, which reads as a midnight of nowhere
            raise _foreign_cursor()


def _foreign_cursor() -> Invalid:
    return invalid_field("after", "cursor", "not a position in this list; start again without it")


@router.get("/tasks/{task_id}", permission="tasks.read", data=Data.CUSTOMER, raises=(NotFound,))
async def get_task(ctx: Caller, task_id: UUID) -> TaskView:
    return TaskView.of(await service.get_task(ctx, task_id=task_id))


@router.post(
    "/tasks", permission="tasks.work", data=Data.CUSTOMER, write=Write.KEY, status=201, raises=(NotFound, Forbidden)
)
async def create_task(ctx: Caller, body: NewTaskBody) -> TaskView:
    """A to-do for myself. NotFound: the customer is not mine to see."""
    entry = await service.create_own(ctx, title=body.title, due_on=body.due_on, customer_id=body.customer_id)
    return TaskView.of(entry)


@router.post(
    "/tasks/{task_id}/close",
    permission="tasks.work",
    data=Data.CUSTOMER,
    write=Write.KEY,
    raises=(NotFound, Forbidden, rules.TaskAlreadyClosed, rules.FinishInOrigin),
)
async def close_task(ctx: Caller, task_id: UUID, body: ResultBody) -> TaskView:
    return TaskView.of(await service.close_task(ctx, task_id=task_id, result=body.result))


@router.post(
    "/tasks/{task_id}/reopen",
    permission="tasks.work",
    data=Data.CUSTOMER,
    write=Write.KEY,
    raises=(NotFound, Forbidden, rules.CannotReopen),
)
async def reopen_task(ctx: Caller, task_id: UUID) -> TaskView:
    """Undo: my own to-do, within ten minutes."""
    return TaskView.of(await service.reopen_task(ctx, task_id=task_id))
