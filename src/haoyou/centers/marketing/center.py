"""The manifest of marketing."""

from haoyou.centers.customers.contract import AssignmentChanged, ProfilePart
from haoyou.centers.identity.contract import BusinessDateAdvanced, HandoverPart
from haoyou.centers.insight.contract import SignalsRaised
from haoyou.centers.marketing import api, handover, reactions, service, tables
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
    routers=(api.router,),
    reactions={
        SignalsRaised: (reactions.raise_opportunities,),
        BusinessDateAdvanced: (reactions.book_results,),
        AssignmentChanged: (reactions.follow_assignments,),
    },
    provides=(CustomerOpportunities(), Handover()),
    permissions={
        "marketing.read": ("relationship_manager", "lobby_manager", "branch_manager", "head_office"),
        "marketing.work": ("relationship_manager", "branch_manager"),
        "marketing.results": ("relationship_manager", "branch_manager", "head_office"),
    },
)
