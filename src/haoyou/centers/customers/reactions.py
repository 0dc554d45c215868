"""What customers does when told something."""

from haoyou.centers.customers import assignment, contract, document, duplicate, feed, governor, move, pool, service
from haoyou.centers.identity.contract import BusinessDateAdvanced
from haoyou.kernel.ctx import Ctx

_STEPS = {assignment.DATES: assignment.follow_dates, pool.RECYCLE: pool.recycle}
"""What a new bank day changes, each step on its own, batch after batch."""


async def record_contact(ctx: Ctx, told: contract.RecordContact) -> None:
    await governor.record_contact(ctx, told=told)


async def stamp_listing(ctx: Ctx, told: contract.StampListing) -> None:
    await service.stamp_listing(ctx, told=told)


async def pass_maturities(ctx: Ctx, told: BusinessDateAdvanced) -> None:
    await feed.pass_maturities(ctx, on=told.business_date, currency=told.currency)


async def check_documents(ctx: Ctx, told: BusinessDateAdvanced) -> None:
    await document.begin_day(ctx, business_date=told.business_date, currency=told.currency)


async def remind_of_documents(ctx: Ctx, told: contract.RemindOfDocuments) -> None:
    await document.remind(ctx, business_date=told.business_date, currency=told.currency)


async def follow_assignments(ctx: Ctx, event: BusinessDateAdvanced) -> None:
    await assignment.begin_day(ctx, business_date=event.business_date, steps=tuple(_STEPS))


async def follow_day(ctx: Ctx, told: contract.FollowDay) -> None:
    await _STEPS[told.step](ctx, day=told)


async def carry_move(ctx: Ctx, told: contract.CarryMove) -> None:
    await move.carry(ctx, told=told)


async def look_for_duplicates(ctx: Ctx, told: contract.LookForDuplicates) -> None:
    await duplicate.look(ctx, told=told)
