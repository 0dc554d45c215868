"""Use cases of the open pool: who is without a manager, claiming, giving back, and what goes back by itself.

A manager's own scope shows their own customers only. In the pool they act in the scope of their institution, and only
for what is said here: the principal stays the person, so row-level security still judges every row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from haoyou.centers.customers import (
    assignment,
    assignment_store,
    contract,
    handover,
    pool_store,
    rules,
    service,
    store,
)  # fmt: skip
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import Conflict, NotFound
from haoyou.kernel.principal import Scope

RECYCLE = "recycle"
"""The step of a new bank day in which claimed customers with whom nobody spoke go back to the pool."""
GONE_BACK = "no contact within the time given"
COUNT_MAX = 1_000


class AlreadyClaimed(Conflict):
    code = "customers.already_claimed"
    title = "A colleague has claimed this customer"


class ClaimsUsedUp(Conflict):
    """`most`: how many customers one manager may claim in a bank day."""

    code = "customers.claims_used_up"
    title = "You have claimed as many customers as one may in a day"


class CoolingDown(Conflict):
    """`bank_days`: for how long a customer that went back may not be claimed by the same manager."""

    code = "customers.cooling_down"
    title = "This customer went back from you a short time ago"


class NotClaimed(Conflict):
    code = "customers.not_claimed"
    title = "Only customers you claimed from the open pool can be given back"


@dataclass(frozen=True, slots=True)
class Entry:
    row: Row[Any]
    last: Row[Any] | None
    cooling: bool


@dataclass(frozen=True, slots=True)
class Page:
    """`claims_left`: how many more the reader may claim today."""

    entries: list[Entry]
    more: bool
    count: int | None
    claims_left: int
    names: service.Names


def _widened(ctx: Ctx, *institutions: int) -> Ctx:
    """The same person and request, seeing these institutions for one act."""
    mine = ctx.principal.scope
    scope = replace(mine, units=tuple(sorted({*mine.units, *institutions})))
    return replace(ctx, principal=replace(ctx.principal, scope=scope))


def _home(ctx: Ctx) -> int:
    return int(ctx.principal.claims["institution_id"])


def _pooled(ctx: Ctx) -> Scope:
    """Where the reader's pool is: institutions and lines, not the single customers they look after."""
    return assignment.reach(ctx.principal.scope)


async def list_pool(ctx: Ctx, *, after: tuple[int, int] | None, limit: int) -> Page:
    """Customers of my institutions whom nobody manages. Names are masked: nobody here is theirs yet."""
    today = await assignment.bank_day(ctx)
    wide, settings = _widened(ctx, _home(ctx)), ctx.house.settings
    async with wide.audited_read() as tx:
        rows = await pool_store.list_page(tx, _pooled(wide), after=after, limit=limit + 1)
        count = None if after else await pool_store.count(tx, _pooled(wide), most=COUNT_MAX)
        numbers = [row.no for row in rows[:limit]]
        last = await pool_store.list_last(tx, numbers=numbers)
        cooling = await _cooling(ctx, tx, numbers, today)
        claimed = await pool_store.get_claims(tx, staff_id=ctx.principal.id, on=today)
        tx.audit("pool_listed", ids=numbers)
    names = await service.name_people(ctx, staff=set(), institutions={row.institution_id for row in rows[:limit]})
    entries = [Entry(row, last.get(row.no), row.no in cooling) for row in rows[:limit]]
    return Page(entries, len(rows) > limit, count, max(0, settings.pool_claims_per_day_max - claimed), names)


async def _cooling(ctx: Ctx, tx: Tx, numbers: Sequence[int], today: date) -> set[int]:
    days = ctx.house.settings.pool_cooldown_bank_days
    since = await assignment_store.bank_days_ago(tx, today=today, days=days)
    return await pool_store.list_cooling(tx, numbers=numbers, staff_id=ctx.principal.id, since=since)


async def claim(ctx: Ctx, *, customer_id: UUID) -> None:
    """Take a customer from the pool. The customer's row is held: of two who claim, the first wins."""
    today = await assignment.bank_day(ctx)
    wide, me, settings = _widened(ctx, _home(ctx)), ctx.principal.id, ctx.house.settings
    async with wide.write() as tx:
        customer = await assignment_store.lock_customer(tx, _pooled(wide), customer_id=customer_id)
        if customer is None:
            raise NotFound()
        if customer.manager_id:  # whoever saw it in the pool today learns that it is gone, anybody else nothing
            claimed = await pool_store.find_claim(tx, number=customer.no)
            raise AlreadyClaimed() if claimed and claimed.decided_on == today else NotFound()
        if await _cooling(ctx, tx, [customer.no], today):
            raise CoolingDown(bank_days=settings.pool_cooldown_bank_days)
        if not await pool_store.count_claim(tx, staff_id=me, on=today, most=settings.pool_claims_per_day_max):
            raise ClaimsUsedUp(most=settings.pool_claims_per_day_max)
        most = settings.customers_per_manager_max
        if (await assignment_store.count_held(tx, staff=[me])).get(me, 0) >= most:
            raise assignment.ManagerFull(most=most)
        await _say(ctx, tx, [customer], me, "claim", "", today)
        tx.audit("pool_claimed", ids=[customer.no])
        tx.refresh([], "pool")


async def _say(ctx: Ctx, tx: Tx, rows: Sequence[Row[Any]], staff: int, origin: str, reason: str, today: date) -> None:
    said = handover.decisions(
        ctx, rows, staff=dict.fromkeys((row.no for row in rows), staff), origin=origin, reason=reason, today=today,
        from_date=today,
    )  # fmt: skip
    await assignment_store.add_decisions(tx, said)
    await handover.settle(tx, rows, on=today)


async def release(ctx: Ctx, *, customer_id: UUID, reason: str) -> None:
    """Give a customer back that I claimed. Others are given away by whoever answers for the institution."""
    today = await assignment.bank_day(ctx)
    async with ctx.read() as tx:
        card = await store.find_card(tx, ctx.principal.scope, customer_id=customer_id)
    if card is None:
        raise NotFound()
    wide = _widened(ctx, card.institution_id)
    async with wide.write() as tx:
        customer = await assignment_store.lock_customer(tx, ctx.principal.scope, customer_id=customer_id)
        claimed = customer and await pool_store.find_claim(tx, number=customer.no)
        if customer is None or not claimed or customer.manager_id != ctx.principal.id:
            raise NotClaimed()
        await _say(ctx, tx, [customer], 0, "release", reason, today)
        await pool_store.close_claims(tx, numbers=[customer.no], before=date.max)
        tx.audit("pool_released", ids=[customer.no], reason=reason)
        tx.refresh([], "pool")


async def recycle(ctx: Ctx, *, day: contract.FollowDay) -> None:
    """Claimed customers with whom nobody has spoken within the time given, a batch at a time."""
    days = ctx.house.settings.pool_contact_within_bank_days
    async with ctx.write() as tx:
        before = await assignment_store.bank_days_ago(tx, today=day.business_date, days=days)
        if before is None:
            return
        claims = await pool_store.list_open_claims(tx, before=before, after=day.after, limit=handover.BATCH)
        if not claims:
            return
        lapsed = {one.customer_no for one in claims if rules.is_lapsed(
            manager_id=one.manager_id, staff_id=one.staff_id, claimed_on=one.decided_on, contact_on=one.last_contact_on
        )}  # fmt: skip
        rows = await assignment_store.lock_customers(tx, numbers=sorted(lapsed))
        if rows:
            await _say(ctx, tx, rows, 0, "recycle", GONE_BACK, day.business_date)
            tx.audit("pool_recycled", ids=[row.no for row in rows])
            tx.refresh([], "pool")
        await pool_store.close_claims(tx, numbers=[one.customer_no for one in claims], before=before)
        if len(claims) == handover.BATCH:
            tx.tell(contract.FollowDay(day.step, day.business_date, day.since, claims[-1].customer_no))
