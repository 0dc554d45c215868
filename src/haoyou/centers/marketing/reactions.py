"""What marketing does when told something."""

from haoyou.centers.customers.contract import AssignmentChanged
from haoyou.centers.identity.contract import BusinessDateAdvanced
from haoyou.centers.insight.contract import SignalsFound, SignalsRaised
from haoyou.centers.marketing import dispatch, result
from haoyou.kernel.ctx import Ctx


async def raise_opportunities(ctx: Ctx, event: SignalsFound) -> None:
    await dispatch.raise_opportunities(ctx, signals=event.signals)


async def raise_as_before(ctx: Ctx, event: SignalsRaised) -> None:
    await dispatch.raise_opportunities(ctx, signals=[dispatch.of_older_form(one) for one in event.signals])


async def book_results(ctx: Ctx, event: BusinessDateAdvanced) -> None:
    await result.book_results(ctx, on=event.business_date)


async def follow_assignments(ctx: Ctx, event: AssignmentChanged) -> None:
    await dispatch.follow_assignments(ctx, changes=event.changes)
