"""What customers does when told something."""

from haoyou.centers.customers import contract, governor, service
from haoyou.kernel.ctx import Ctx


async def record_contact(ctx: Ctx, told: contract.RecordContact) -> None:
    await governor.record_contact(ctx, told=told)


async def stamp_listing(ctx: Ctx, told: contract.StampListing) -> None:
    await service.stamp_listing(ctx, told=told)
