"""What somebody who leaves still has open here; a number only."""

from haoyou.centers.identity.contract import Holding
from haoyou.centers.marketing import handover_store
from haoyou.kernel.ctx import Ctx


async def preview(ctx: Ctx, *, staff_id: int) -> tuple[Holding, ...]:
    async with ctx.read() as tx:
        count = await handover_store.count_open(tx, ctx.principal.scope, staff_id=staff_id)
    return (Holding("opportunities", count),)
