"""What identity does when told something."""

from haoyou.centers.identity import contract, service
from haoyou.kernel.ctx import Ctx


async def begin_day(ctx: Ctx, request: contract.AdvanceBusinessDate) -> None:
    await service.advance_business_date(ctx, business_date=request.business_date, currency=request.currency)
