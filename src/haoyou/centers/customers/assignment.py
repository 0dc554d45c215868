"""Use cases of assignments: what staff decide about one customer, its history, and what a new bank day changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from haoyou.centers.customers import assignment_store, contract, handover, service, store
from haoyou.centers.identity import contract as identity
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import Conflict, NotFound
from haoyou.kernel.principal import Scope
from haoyou.kernel.web.problem import invalid_field

MANAGES = "relationship_manager"
AHEAD = timedelta(days=366)  # nobody plans further who looks after whom
DATES = "dates"
"""The step of a new bank day in which assignments begin and end by their dates."""


class LineNotServed(Conflict):
    code = "customers.line_not_served"
    title = "This member of staff does not serve the customer's business line"


class ManagerFull(Conflict):
    """`most`: how many customers one manager may have."""

    code = "customers.manager_full"
    title = "This manager has as many customers as one may have"


class AssistingFull(Conflict):
    code = "customers.assisting_full"
    title = "This member of staff assists with as many customers as one may"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a customer's history: who said what, when and why. The feed gives no reason and no person."""

    id: str
    origin: str
    kind: str
    staff_id: int
    holds: bool
    from_date: date
    to_date: date | None
    row: Row[Any] | None


@dataclass(frozen=True, slots=True)
class Receiver:
    post: identity.Serving
    held: int


def reach(scope: Scope) -> Scope:
    """What somebody answers for: their institutions and lines, without single customers they look after themselves."""
    return Scope(units=scope.units, lines=scope.lines, everything=scope.everything)


async def bank_day(ctx: Ctx) -> date:
    return (await ctx.port(identity.IdentityPort).get_bank_day(ctx)).business_date


async def get_history(ctx: Ctx, *, customer_id: UUID) -> tuple[list[Entry], service.Names]:
    async with ctx.read() as tx:
        card = await store.find_card(tx, ctx.principal.scope, customer_id=customer_id)
        if card is None:
            raise NotFound()
        feed, house = await assignment_store.list_history(tx, number=card.no)
    entries = [_of_house(row) for row in house]
    entries += [
        Entry(f"feed-{row.kind}-{row.staff_id}-{row.from_date}", "feed", row.kind, row.staff_id, True, row.from_date,
              row.to_date, None)
        for row in feed
    ]  # fmt: skip
    entries.sort(key=lambda one: (one.from_date, one.row.id if one.row else 0), reverse=True)
    people = {one.staff_id for one in entries} | {person for row in house for person in _people(row)}
    return entries, await service.name_people(ctx, staff=people)


def _of_house(row: Row[Any]) -> Entry:
    return Entry(str(row.id), row.origin, row.kind, row.staff_id, row.holds, row.from_date, row.to_date, row)


def _people(row: Row[Any]) -> tuple[int, ...]:
    return row.decided_by, row.before_id, row.withdrawn_by or 0


async def list_serving(ctx: Ctx) -> tuple[identity.Serving, ...]:
    """Managers of my institutions and below, one line a post."""
    units = ctx.principal.scope.units
    return await ctx.port(identity.IdentityPort).list_serving(ctx, role=MANAGES, institutions=units)


async def list_receivers(ctx: Ctx) -> tuple[list[Receiver], service.Names]:
    """To whom I may give customers, and how many they have."""
    posts = await list_serving(ctx)
    async with ctx.read() as tx:
        held = await assignment_store.count_held(tx, staff=[one.staff_id for one in posts])
    names = await service.name_people(ctx, staff=set(), institutions={one.institution_id for one in posts})
    return [Receiver(one, held.get(one.staff_id, 0)) for one in posts], names


async def decide(
    ctx: Ctx,
    *,
    customer_id: UUID,
    kind: str,
    staff_id: int | None,
    from_date: date,
    to_date: date | None,
    holds: bool,
    reason: str,
) -> None:
    """Say who looks after a customer from a day on: the managing RM (nobody: the open pool), or who assists."""
    today = await bank_day(ctx)
    _check_dates(today, from_date, to_date)
    if staff_id is None and (kind != "primary" or not holds):
        raise invalid_field("staff_id", "missing", "say who assists")
    posts = [one for one in await list_serving(ctx) if one.staff_id == staff_id]
    if staff_id is not None and not posts:
        raise NotFound()
    lines = {line for post in posts for line in post.lines}
    async with ctx.write() as tx:
        customer = await assignment_store.lock_customer(tx, reach(ctx.principal.scope), customer_id=customer_id)
        if customer is None:
            raise NotFound()
        if staff_id is not None and holds:
            await _check_staff(ctx, tx, customer, staff_id, kind, lines, today)
        rows = handover.decisions(
            ctx, [customer], staff={customer.no: staff_id or 0}, kind=kind, origin="staff", reason=reason, today=today,
            from_date=from_date, to_date=to_date, holds=holds,
        )  # fmt: skip
        await assignment_store.add_decisions(tx, rows)
        if kind == "primary":
            await handover.settle(tx, [customer], on=today)
        tx.refresh([staff_id or 0, customer.manager_id], "customers", f"customer:{customer_id}")
        tx.audit("assignment_decided", ids=[customer.no], reason=reason, kind=kind, staff=staff_id or 0, holds=holds)


def _check_dates(today: date, from_date: date, to_date: date | None) -> None:
    if from_date < today:
        raise invalid_field("from_date", "past", "not before the bank's day")
    if from_date > today + AHEAD:
        raise invalid_field("from_date", "too_late", "not more than a year ahead")
    if to_date is not None and to_date < from_date:
        raise invalid_field("to_date", "past", "not before the first day")


async def _check_staff(
    ctx: Ctx, tx: Tx, customer: Row[Any], staff_id: int, kind: str, lines: set[str], today: date
) -> None:
    if customer.line not in lines:
        raise LineNotServed()
    if kind == "assisting":
        limit = service.EXTRA_MAX
        assisted = await assignment_store.list_assisted(tx, staff_id=staff_id, on=today, limit=limit)
        if len(assisted) >= limit and customer.no not in assisted:
            raise AssistingFull(most=limit)
        return
    most = ctx.house.settings.customers_per_manager_max
    held = (await assignment_store.count_held(tx, staff=[staff_id])).get(staff_id, 0)
    if held >= most and customer.manager_id != staff_id:
        raise ManagerFull(most=most)


async def follow_dates(ctx: Ctx, *, day: contract.FollowDay) -> None:
    """Assignments that begin or end by their dates, a batch of customers at a time."""
    async with ctx.write() as tx:
        numbers = await assignment_store.list_changing(
            tx, since=day.since, today=day.business_date, after=day.after, limit=handover.BATCH
        )
        if not numbers:
            return
        rows = await assignment_store.lock_customers(tx, numbers=numbers)
        changed = await handover.settle(tx, rows, on=day.business_date)
        if changed:
            tx.audit("assignments_by_date", ids=sorted(changed))
        if len(numbers) == handover.BATCH:
            tx.tell(contract.FollowDay(day.step, day.business_date, day.since, numbers[-1]))


async def begin_day(ctx: Ctx, *, business_date: date, steps: Sequence[str]) -> None:
    """A bank day has begun: note it, and set each step of it going."""
    async with ctx.write() as tx:
        before = await assignment_store.begin_day(tx, business_date=business_date)
        for step in steps:
            tx.tell(contract.FollowDay(step, business_date, before or business_date, 0))
