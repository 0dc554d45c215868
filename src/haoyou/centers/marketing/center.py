"""The manifest of marketing."""

from haoyou.centers.customers.contract import AssignmentChanged, ProfilePart
from haoyou.centers.identity.contract import BusinessDateAdvanced, HandoverPart
from haoyou.centers.insight.contract import SignalsFound, SignalsRaised
from haoyou.centers.marketing import handover, reactions, service, tables
from haoyou.centers.marketing.api import board, opportunity
from haoyou.kernel.room import Manifest


class CustomerOpportunities(ProfilePart):
    room = "marketing"
    get_part = staticmethod(service.get_part)


class Handover(HandoverPart):
    room = "marketing"
    preview = staticmethod(handover.preview)


manifest = Manifest(
    name="marketing",
    storey=6,
    metadata=tables.metadata,
    routers=(opportunity.router, board.router),
    reactions={
        SignalsFound: (reactions.raise_opportunities,),
        SignalsRaised: (reactions.raise_as_before,),
        BusinessDateAdvanced: (reactions.book_results,),
        AssignmentChanged: (reactions.follow_assignments,),
    },
    provides=(CustomerOpportunities(), Handover()),
    permissions={
        "marketing.read": ("relationship_manager", "lobby_manager", "branch_manager", "head_office"),
        "marketing.work": ("relationship_manager", "branch_manager"),
        "marketing.results": ("relationship_manager", "branch_manager", "head_office"),
        "marketing.arms": ("head_office",),
    },
)
