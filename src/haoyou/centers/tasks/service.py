"""Use cases of tasks. What the answer shows of other rooms is asked before the write, or after the read has closed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from haoyou.centers.customers.contract import Assigned, Card, CustomersPort, Part, PartLine, Waiting
from haoyou.centers.identity.contract import Holding, IdentityPort
from haoyou.centers.tasks import contract, rules, store
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import Forbidden, NotFound
from haoyou.kernel.ids import new_id
from haoyou.kernel.money import Money
from haoyou.kernel.names import Name
from haoyou.kernel.web.problem import invalid_field

TODAY_MAX = 50  # more than anybody does in a day
READ_MAX = 500  # what the order is found among: the first due, so that nothing overdue is left out
COUNT_MAX = 1_000  # an exact number beyond it helps nobody and costs a scan
PART_MAX = 10  # of a customer's page


@dataclass(frozen=True, slots=True)
class Entry:
    """A task as its reader sees it: with its place in the order, and the names that reader may know."""

    task: rules.Task
    priority: rules.Priority
    customer: Card | None
    assignee_name: str | None


@dataclass(frozen=True, slots=True)
class Today:
    business_date: date
    counts: store.Counts
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a list; `following` is where the next begins, `count` None when there are more than COUNT_MAX."""

    entries: list[Entry]
    following: tuple[date | datetime, UUID] | None
    count: int | None


async def _bank_day(ctx: Ctx) -> date:
    return (await ctx.port(IdentityPort).get_bank_day(ctx)).business_date


async def _entries(ctx: Ctx, tasks: Sequence[rules.Task], today: date) -> list[Entry]:
    """One question to each room for the whole page; tasks of customers out of sight show no customer."""
    numbers = tuple(sorted({task.customer_no for task in tasks if task.customer_no}))
    cards = await ctx.port(CustomersPort).get_many(ctx, numbers=numbers) if numbers else ()
    by_number = {card.no: card for card in cards}
    names = {ctx.principal.id: ctx.principal.name}
    others = tuple(sorted({task.assignee_id for task in tasks} - names.keys()))
    if others:
        names |= {card.id: card.name for card in await ctx.port(IdentityPort).list_staff(ctx, ids=others)}
    return [
        Entry(task, rules.priority_of(task, today), by_number.get(task.customer_no), names.get(task.assignee_id))
        for task in tasks
    ]


async def get_today(ctx: Ctx) -> Today:
    """What I have to do, the most important first."""
    today = await _bank_day(ctx)
    scope, me = ctx.principal.scope, ctx.principal.id
    async with ctx.read() as tx:
        counts = await store.count_mine(tx, scope=scope, assignee_id=me, today=today)
        tasks = await store.list_most_urgent(tx, scope=scope, assignee_id=me, limit=READ_MAX)
    return Today(today, counts, await _entries(ctx, rules.rank(tasks, today)[:TODAY_MAX], today))


async def list_open(
    ctx: Ctx, *, team: bool, due: rules.Due | None, words: str, after: tuple[date, UUID] | None, limit: int
) -> Found:
    """My open tasks, or all in my scope, the first due first."""
    today = await _bank_day(ctx)
    due_from, due_until = rules.due_span(due, today)
    wanted = store.Filter(rules.TaskStatus.OPEN, _whose(ctx, team, words), due_from, due_until, words)
    scope = ctx.principal.scope
    async with ctx.read() as tx:
        tasks = await store.list_open(tx, scope=scope, wanted=wanted, after=after, limit=limit + 1)
        count = await store.count_up_to(tx, scope=scope, wanted=wanted, most=COUNT_MAX)
    last = tasks[limit - 1] if len(tasks) > limit else None
    return Found(await _entries(ctx, tasks[:limit], today), last and (last.due_on, last.id), count)


async def list_closed(ctx: Ctx, *, team: bool, words: str, after: tuple[datetime, UUID] | None, limit: int) -> Found:
    """My closed tasks, or all in my scope, the last closed first."""
    wanted = store.Filter(rules.TaskStatus.CLOSED, _whose(ctx, team, words), words=words)
    scope = ctx.principal.scope
    today = await _bank_day(ctx)
    async with ctx.read() as tx:
        tasks = await store.list_closed(tx, scope=scope, wanted=wanted, after=after, limit=limit + 1)
        count = await store.count_up_to(tx, scope=scope, wanted=wanted, most=COUNT_MAX)
    last = tasks[limit - 1] if len(tasks) > limit else None
    following = (last.closed_at, last.id) if last and last.closed_at else None
    return Found(await _entries(ctx, tasks[:limit], today), following, count)


def _whose(ctx: Ctx, team: bool, words: str) -> int | None:
    if team and words:
        raise invalid_field("q", "own_only", "titles are searched among your own to-dos only")
    return None if team else ctx.principal.id


async def get_task(ctx: Ctx, *, task_id: UUID) -> Entry:
    return (await _look(ctx, task_id))[0]


async def _look(ctx: Ctx, task_id: UUID) -> tuple[Entry, date]:
    """A task and the bank's day, before anything is done about it."""
    today = await _bank_day(ctx)
    async with ctx.read() as tx:
        task = await store.find_task(tx, scope=ctx.principal.scope, task_id=task_id)
    if task is None:
        raise NotFound()
    (entry,) = await _entries(ctx, [task], today)
    return entry, today


async def create_own(ctx: Ctx, *, title: str, due_on: date, customer_id: UUID | None) -> Entry:
    """A to-do I give myself. About a customer it carries that customer's scope, else that of my post."""
    day = await ctx.port(IdentityPort).get_bank_day(ctx)
    today = day.business_date
    if due_on < today:
        raise invalid_field("due_on", "past", "not before the bank's day")
    if due_on > today + rules.DUE_AHEAD:
        raise invalid_field("due_on", "too_late", "not more than ten years ahead")
    card = await _find_card(ctx, customer_id)
    scope, me = ctx.principal.scope, ctx.principal.id
    if not scope.lines:
        raise Forbidden("Your post serves no business line.")
    task_id = new_id()
    task = rules.Task(
        id=task_id,
        origin=contract.Origin(rules.HERE, rules.OWN_KIND, str(task_id)),
        customer_no=card.no if card else 0,
        institution_id=card.institution_id if card else int(ctx.principal.claims["institution_id"]),
        assignee_id=me,
        line=card.line if card else scope.lines[0],
        title=Name(title),
        why=rules.OWN_WHY,
        due_on=due_on,
        value=Money(0, day.currency),
        status=rules.TaskStatus.OPEN,
        created_at=ctx.now,
    )
    async with ctx.write() as tx:
        await store.add_task(tx, task)
        tx.audit("task_created", ids=[task_id])
        _show_again(tx, task)
    return Entry(task, rules.priority_of(task, today), card, ctx.principal.name)


async def _find_card(ctx: Ctx, customer_id: UUID | None) -> Card | None:
    if customer_id is None:
        return None
    card = await ctx.port(CustomersPort).find_customer(ctx, customer_id=customer_id)
    if card is None:
        raise NotFound()
    return card


def _show_again(tx: Tx, task: rules.Task) -> None:
    tx.refresh([task.assignee_id], "tasks", f"task:{task.id}")


async def close_task(ctx: Ctx, *, task_id: UUID, result: str) -> Entry:
    """I have done it. Told, so that whoever counts what was done hears of it."""
    entry, today = await _look(ctx, task_id)
    async with ctx.write() as tx:
        task = await _get_for_update(ctx, tx, task_id)
        closed = rules.close_by_hand(task, by=ctx.principal.id, at=ctx.now, on=today, result=result)
        await _end(tx, closed)
        tx.audit("task_closed", ids=[task_id])
    return replace(entry, task=closed, priority=rules.priority_of(closed, today))


async def _get_for_update(ctx: Ctx, tx: Tx, task_id: UUID) -> rules.Task:
    task = await store.find_task(tx, scope=ctx.principal.scope, task_id=task_id, lock=True)
    if task is None:
        raise NotFound()
    return task


async def _end(tx: Tx, closed: rules.Task) -> None:
    await store.save_task(tx, closed)
    assert closed.closed_by is not None and closed.closed_at and closed.result is not None
    tx.tell(
        contract.TaskClosed(
            task_id=closed.id,
            origin=closed.origin,
            closed_by=closed.closed_by,
            closed_at=closed.closed_at,
            result=closed.result,
        )
    )
    _show_again(tx, closed)


async def reopen_task(ctx: Ctx, *, task_id: UUID) -> Entry:
    """Take the end of my own to-do back, shortly after."""
    entry, today = await _look(ctx, task_id)
    async with ctx.write() as tx:
        task = await _get_for_update(ctx, tx, task_id)
        opened = rules.reopen(task, by=ctx.principal.id, at=ctx.now)
        await store.save_task(tx, opened)
        tx.audit("task_reopened", ids=[task_id])
        _show_again(tx, opened)
    return replace(entry, task=opened, priority=rules.priority_of(opened, today))


async def open_task(ctx: Ctx, *, task: rules.Task) -> None:
    """A task another room asks for. Its id is theirs, so a second request changes nothing.

    Whoever asked may not have heard yet that the customer changed hands; we have when it was told before.
    """
    async with ctx.write() as tx:
        word = await store.hold_last_word(tx, task) if task.customer_no else None
        if word:
            task = rules.follow(task, institution_id=word.institution_id, manager_id=word.manager_id, line=word.line)
        if await store.add_task(tx, task):
            tx.refresh([task.assignee_id], "tasks")


async def reschedule_task(ctx: Ctx, *, task_id: UUID, due_on: date, why: Name) -> None:
    """Nothing happens to a task that is closed, or that nobody ever opened."""
    async with ctx.write() as tx:
        task = await store.find_task(tx, scope=ctx.principal.scope, task_id=task_id, lock=True)
        if task is None or task.status is rules.TaskStatus.CLOSED:
            return
        moved = rules.reschedule(task, due_on=due_on, why=why)
        await store.save_task(tx, moved)
        _show_again(tx, moved)


async def close_with_origin(ctx: Ctx, *, task_id: UUID, result: str, closed_by: int) -> None:
    """What the task comes from is finished. Nothing happens when it was closed already, or nobody ever opened it."""
    today = await _bank_day(ctx)
    async with ctx.write() as tx:
        task = await store.find_task(tx, scope=ctx.principal.scope, task_id=task_id, lock=True)
        if task is None or task.status is rules.TaskStatus.CLOSED:
            return
        await _end(tx, rules.close(task, by=closed_by, at=ctx.now, on=today, result=result))
        tx.audit("task_closed", ids=[task_id])


async def follow_assignments(ctx: Ctx, *, changes: Sequence[Assigned]) -> None:
    """Customers went to other staff or another institution: what is to be done about them goes along."""
    latest: dict[int, Assigned] = {}
    for change in sorted(changes, key=lambda one: one.version):
        latest[change.customer_no] = change
    async with ctx.write() as tx:
        newer = await store.add_words(tx, sorted(latest.values(), key=lambda one: one.customer_no))
        moved = await store.follow_assignments(tx, newer) if newer else []
        people = {person for pair in moved for person in pair}
        if people:
            tx.refresh(people, "tasks")


async def get_customer_part(ctx: Ctx, *, customer_no: int) -> Part:
    """What is still to be done about a customer, for the customer's page."""
    async with ctx.read() as tx:
        tasks = await store.list_of_customer(tx, scope=ctx.principal.scope, customer_no=customer_no, limit=PART_MAX)
    lines = [
        PartLine(
            id=str(task.id),
            title=task.title,
            detail=task.why,
            status=task.status.value,
            on=task.due_on,
            amount=task.value if task.value.minor else None,
        )
        for task in tasks
    ]
    return Part("tasks", tuple(lines))


async def count_waiting(ctx: Ctx, *, customers: tuple[int, ...]) -> Waiting:
    """Open to-dos about these customers that go along when they change hands."""
    async with ctx.read() as tx:
        count = await store.count_of_customers(tx, scope=ctx.principal.scope, customers=customers)
    return Waiting("tasks", count)


async def find_busiest(ctx: Ctx) -> int:
    """For the demonstration: the person with the most open tasks, so that a first look finds work; 0 for nobody."""
    async with ctx.read() as tx:
        return await store.find_busiest(tx)


async def preview_handover(ctx: Ctx, *, staff_id: int) -> tuple[Holding, ...]:
    """How many open to-dos somebody who leaves still has."""
    async with ctx.read() as tx:
        return (Holding("tasks", await store.count_of(tx, ctx.principal.scope, staff_id=staff_id)),)
