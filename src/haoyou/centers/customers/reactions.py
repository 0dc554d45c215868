"""What customers does when told something."""

from haoyou.centers.customers import contract, document, feed, governor, service
from haoyou.centers.identity.contract import BusinessDateAdvanced
from haoyou.kernel.ctx import Ctx


async def record_contact(ctx: Ctx, told: contract.RecordContact) -> None:
    await governor.record_contact(ctx, told=told)


async def stamp_listing(ctx: Ctx, told: contract.StampListing) -> None:
    await service.stamp_listing(ctx, told=told)


async def pass_maturities(ctx: Ctx, told: BusinessDateAdvanced) -> None:
    await feed.pass_maturities(ctx, on=told.business_date, currency=told.currency)


async def begin_day(ctx: Ctx, told: BusinessDateAdvanced) -> None:
    await document.begin_day(ctx, business_date=told.business_date, currency=told.currency)


async def remind_of_documents(ctx: Ctx, told: contract.RemindOfDocuments) -> None:
    await document.remind(ctx, business_date=told.business_date, currency=told.currency)
