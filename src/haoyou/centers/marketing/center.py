"""The manifest of marketing."""

from haoyou.centers.customers.contract import AssignmentChanged, Part, ProfilePart
from haoyou.centers.identity.contract import BusinessDateAdvanced
from haoyou.centers.insight.contract import SignalsRaised
from haoyou.centers.marketing import api, reactions, service, tables
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.room import Manifest


class CustomerOpportunities(ProfilePart):
    room = "marketing"

    async def get_part(self, ctx: Ctx, *, customer_no: int) -> Part:
        return await service.get_part(ctx, customer_no=customer_no)


manifest = Manifest(
    name="marketing",
    storey=6,
    metadata=tables.metadata,
    router=api.router,
    reactions={
        SignalsRaised: (reactions.raise_opportunities,),
        BusinessDateAdvanced: (reactions.book_results,),
        AssignmentChanged: (reactions.follow_assignments,),
    },
    provides=(CustomerOpportunities(),),
    permissions={
        "marketing.read": ("relationship_manager", "lobby_manager", "branch_manager", "head_office"),
        "marketing.work": ("relationship_manager", "branch_manager"),
        "marketing.results": ("relationship_manager", "branch_manager", "head_office"),
    },
)
