"""Every SQL statement of tasks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.customers.contract import Assigned
from haoyou.centers.tasks import contract, rules, tables
from haoyou.kernel.ctx import Tx
from haoyou.kernel.db.scope import narrow, one_of
from haoyou.kernel.money import Money
from haoyou.kernel.names import Name
from haoyou.kernel.principal import Scope

_T, _W = tables.task, tables.assignment
# Written out, not bound: a prepared statement reaches the partial indexes only where it names the status itself.
_OPEN = _T.c.status == literal_column("'open'")
_CLOSED = _T.c.status == literal_column("'closed'")

_FOLLOW = text(
    "with change as (select * from unnest(cast(:numbers as integer[]), cast(:institutions as integer[]),"
    "   cast(:managers as integer[]), cast(:lines as text[])) as c (customer_no, institution_id, manager_id, line)),"
    " before as (select t.id, t.assignee_id, c.institution_id, coalesce(c.line, t.line) as line,"
    "   case when t.status = 'open' and t.origin_room <> :here and not t.personal and c.manager_id > 0"
    "     then c.manager_id else t.assignee_id end as follower"
    "   from tasks.task t join change c on c.customer_no = t.customer_no where t.customer_no > 0"
    "   order by t.id for update of t)"
    " update tasks.task t set institution_id = b.institution_id, assignee_id = b.follower, line = b.line,"
    "   version = t.version + 1"
    " from before b where b.id = t.id"
    "   and (t.institution_id, t.assignee_id, t.line) is distinct from (b.institution_id, b.follower, b.line)"
    " returning b.assignee_id as was, t.assignee_id as has_it"
)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is asked for. `assignee_id`: the asking person, or None for all in scope.

    `words` only among one's own tasks: under row-level security the condition reaches no index.
    """

    status: rules.TaskStatus
    assignee_id: int | None
    due_from: date | None = None
    due_until: date | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    open: int
    overdue: int
    due_today: int
    done_today: int


def _within(scope: Scope) -> ColumnElement[bool]:
    return narrow(scope, unit=_T.c.institution_id, owner=_T.c.assignee_id, line=_T.c.line, row=_T.c.customer_no)


def _mine(scope: Scope, assignee_id: int) -> ColumnElement[bool]:
    """Of one's own tasks only the line is left to ask; the other ways to see a row would lead the planner astray."""
    return and_(_T.c.assignee_id == assignee_id, _within(replace(scope, units=(), extra=())))


def _task(row: Row[Any]) -> rules.Task:
    return rules.Task(
        id=row.id,
        origin=contract.Origin(row.origin_room, row.origin_kind, row.origin_id),
        customer_no=row.customer_no,
        institution_id=row.institution_id,
        assignee_id=row.assignee_id,
        line=row.line,
        title=Name.read(row.title),
        why=Name.read(row.why),
        due_on=row.due_on,
        value=Money(row.value_minor, row.currency),
        status=rules.TaskStatus(row.status),
        created_at=row.created_at,
        version=row.version,
        result=row.result,
        closed_by=row.closed_by,
        closed_at=row.closed_at,
        closed_on=row.closed_on,
        personal=row.personal,
    )


async def add_words(tx: Tx, changes: Sequence[Assigned]) -> list[Assigned]:
    """Remember who looks after these customers; answers those not older than what was heard before.

    Two changes of one version come in the order they were told.
    """
    values = [
        {
            "customer_no": one.customer_no,
            "institution_id": one.institution_id,
            "manager_id": one.manager_id or 0,
            "line": one.line,
            "version": one.version,
        }
        for one in changes
    ]
    statement = insert(_W)
    changed: dict[str, Any] = {name: statement.excluded[name] for name in ("institution_id", "manager_id", "version")}
    changed["line"] = func.coalesce(statement.excluded.line, _W.c.line)
    newer = statement.on_conflict_do_update(
        index_elements=[_W.c.customer_no], set_=changed, where=statement.excluded.version >= _W.c.version
    ).returning(_W)
    return [
        Assigned(row.customer_no, row.institution_id, row.manager_id or None, row.version, row.line)
        for row in await tx.all(newer, values)
    ]


async def hold_last_word(tx: Tx, task: rules.Task) -> Row[Any] | None:
    """What was heard of who looks after the task's customer, nothing if nothing was.

    The row is made where it is missing, and held: a change that comes meanwhile waits, and then finds the task.
    """
    values = {"institution_id": task.institution_id, "manager_id": task.assignee_id, "version": 0}
    statement = insert(_W).values(customer_no=task.customer_no, **values)
    held = statement.on_conflict_do_update(index_elements=[_W.c.customer_no], set_={"version": _W.c.version})
    row = await tx.first(held.returning(_W))
    return row if row and row.version > 0 else None


async def count_of_customers(tx: Tx, *, scope: Scope, customers: Sequence[int]) -> int:
    about = one_of(_T.c.customer_no, customers)
    return await tx.value(select(func.count()).select_from(_T).where(about, _OPEN, _within(scope)))


async def add_task(tx: Tx, task: rules.Task) -> bool:
    """False when a task with this id is already there; the unique id decides, not a look beforehand."""
    values = {
        "id": task.id,
        "origin_room": task.origin.room,
        "origin_kind": task.origin.kind,
        "origin_id": task.origin.id,
        "customer_no": task.customer_no,
        "institution_id": task.institution_id,
        "assignee_id": task.assignee_id,
        "line": task.line,
        "title": task.title.stored(),
        "why": task.why.stored(),
        "due_on": task.due_on,
        "value_minor": task.value.minor,
        "currency": task.value.currency,
        "status": task.status.value,
        "created_at": task.created_at,
        "version": task.version,
        "personal": task.personal,
    }
    statement = insert(_T).values(values).on_conflict_do_nothing(index_elements=[_T.c.id]).returning(_T.c.id)
    return await tx.value(statement) is not None


async def find_task(tx: Tx, *, scope: Scope, task_id: UUID, lock: bool = False) -> rules.Task | None:
    query = select(_T).where(_T.c.id == task_id, _within(scope))
    row = await tx.first(query.with_for_update() if lock else query)
    return None if row is None else _task(row)


async def save_task(tx: Tx, task: rules.Task) -> None:
    """What happens to a task after it was opened; the caller holds its row."""
    values = {
        "due_on": task.due_on,
        "why": task.why.stored(),
        "status": task.status.value,
        "result": task.result,
        "closed_by": task.closed_by,
        "closed_at": task.closed_at,
        "closed_on": task.closed_on,
        "version": task.version,
    }
    saved = await tx.run(update(_T).where(_T.c.id == task.id).values(values))
    assert saved == 1


async def follow_assignments(tx: Tx, changes: Sequence[Assigned]) -> list[tuple[int, int]]:
    """Tasks about these customers take their scope; live ones that others asked for go to the manager, if there is one.

    Answers for each task that changed who had it and who has it now.
    """
    values = {
        "numbers": [one.customer_no for one in changes],
        "institutions": [one.institution_id for one in changes],
        "managers": [one.manager_id or 0 for one in changes],
        "lines": [one.line for one in changes],
        "here": rules.HERE,
    }
    return [(row.was, row.has_it) for row in await tx.all(_FOLLOW, values)]


async def count_mine(tx: Tx, *, scope: Scope, assignee_id: int, today: date) -> Counts:
    mine = _mine(scope, assignee_id)
    alive = select(
        func.count().label("open"),
        func.count().filter(_T.c.due_on < today).label("overdue"),
        func.count().filter(_T.c.due_on == today).label("due_today"),
    ).where(_OPEN, mine)
    row = await tx.first(alive)
    assert row
    done = await tx.value(select(func.count()).select_from(_T).where(_CLOSED, mine, _T.c.closed_on == today))
    return Counts(row.open, row.overdue, row.due_today, done)


async def list_most_urgent(tx: Tx, *, scope: Scope, assignee_id: int, limit: int) -> list[rules.Task]:
    query = select(_T).where(_OPEN, _mine(scope, assignee_id))
    return [_task(row) for row in await tx.all(query.order_by(_T.c.due_on, _T.c.id).limit(limit))]


async def list_of_customer(tx: Tx, *, scope: Scope, customer_no: int, limit: int) -> list[rules.Task]:
    """Open ones, the first due first, of those due on one day the one that is worth most."""
    query = select(_T).where(_T.c.customer_no == customer_no, _T.c.customer_no > 0, _OPEN, _within(scope))
    order = (_T.c.due_on, _T.c.value_minor.desc(), _T.c.id)
    return [_task(row) for row in await tx.all(query.order_by(*order).limit(limit))]


def _wanted(scope: Scope, wanted: Filter) -> ColumnElement[bool]:
    seen = _within(scope) if wanted.assignee_id is None else _mine(scope, wanted.assignee_id)
    conditions = [seen, _OPEN if wanted.status is rules.TaskStatus.OPEN else _CLOSED]
    if wanted.due_from is not None:
        conditions.append(_T.c.due_on >= wanted.due_from)
    if wanted.due_until is not None:
        conditions.append(_T.c.due_on <= wanted.due_until)
    if wanted.words:
        title = func.concat(_T.c.title["zh"].astext, "\n", _T.c.title["en"].astext)
        conditions.append(func.strpos(func.lower(title), func.lower(wanted.words)) > 0)
    return and_(*conditions)


async def list_open(
    tx: Tx, *, scope: Scope, wanted: Filter, after: tuple[date, UUID] | None, limit: int
) -> list[rules.Task]:
    """The first due first."""
    query = select(_T).where(_wanted(scope, wanted))
    if after:
        query = query.where(tuple_(_T.c.due_on, _T.c.id) > tuple_(*after))
    return [_task(row) for row in await tx.all(query.order_by(_T.c.due_on, _T.c.id).limit(limit))]


async def list_closed(
    tx: Tx, *, scope: Scope, wanted: Filter, after: tuple[datetime, UUID] | None, limit: int
) -> list[rules.Task]:
    """The last closed first."""
    query = select(_T).where(_wanted(scope, wanted))
    if after:
        at, task_id = after
        # The first condition is implied by the second; it is what the index can start from.
        query = query.where(_T.c.closed_at <= at, or_(_T.c.closed_at < at, _T.c.id > task_id))
    return [_task(row) for row in await tx.all(query.order_by(_T.c.closed_at.desc(), _T.c.id).limit(limit))]


async def count_up_to(tx: Tx, *, scope: Scope, wanted: Filter, most: int) -> int | None:
    """None when there are more than `most`."""
    some = select(literal(1)).select_from(_T).where(_wanted(scope, wanted)).limit(most + 1).subquery()
    count = await tx.value(select(func.count()).select_from(some))
    return count if count <= most else None


async def find_busiest(tx: Tx) -> int:
    """Whoever has the most open tasks; 0 when there are none."""
    t = tables.task
    query = select(t.c.assignee_id).where(t.c.status == "open").group_by(t.c.assignee_id)
    return await tx.value(query.order_by(func.count().desc(), t.c.assignee_id).limit(1)) or 0


async def count_of(tx: Tx, scope: Scope, *, staff_id: int) -> int:
    """A person's open tasks."""
    return await tx.value(
        select(func.count()).select_from(_T).where(_OPEN, _T.c.assignee_id == staff_id, _within(scope))
    )
