"""What insight does when a bank day begins."""

from haoyou.centers.identity.contract import BusinessDateAdvanced
from haoyou.centers.insight import service
from haoyou.kernel.ctx import Ctx


async def look_at_day(ctx: Ctx, event: BusinessDateAdvanced) -> None:
    await service.discover(ctx, bank_date=event.business_date)
