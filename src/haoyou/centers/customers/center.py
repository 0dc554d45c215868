"""The manifest of customers."""

from haoyou.centers.backoffice.contract import FactSink
from haoyou.centers.customers import contract, feed, governor, reactions, relation, service, tables
from haoyou.centers.customers.api import assignment, customer, detail, listing, move, pool
from haoyou.centers.customers.api import document as document_api
from haoyou.centers.customers.api import duplicate as duplicate_api
from haoyou.centers.customers.api import merge as merge_api
from haoyou.centers.customers.api import relation as relation_api
from haoyou.centers.customers.api import report as report_api
from haoyou.centers.identity.contract import BusinessDateAdvanced, HandoverPart, PlacePart, ScopePart, SubjectPart
from haoyou.kernel.room import Manifest


class Answers(contract.CustomersPort):
    get_many = staticmethod(service.get_many)
    find_customer = staticmethod(service.find_customer)
    find_codes = staticmethod(service.find_codes)
    get_phone = staticmethod(service.get_phone)
    reserve_contact = staticmethod(governor.reserve_contact)


class Sink(FactSink):
    room = "customers"
    take_customers = staticmethod(feed.take_customers)
    take_relationships = staticmethod(relation.take_relationships)
    take_assignments = staticmethod(feed.take_assignments)
    take_accounts = staticmethod(feed.take_accounts)
    take_terms = staticmethod(feed.take_terms)
    take_balances = staticmethod(feed.take_balances)


class Assisting(ScopePart):
    room = "customers"
    list_extra = staticmethod(service.list_extra)


class Handover(HandoverPart):
    room = "customers"
    preview = staticmethod(service.preview_handover)


class Places(PlacePart):
    room = "customers"
    count_customers = staticmethod(service.count_customers)


class Subject(SubjectPart):
    room = "customers"
    find_numbers = staticmethod(service.find_numbers)


_READERS = ("relationship_manager", "lobby_manager", "branch_manager", "head_office")

manifest = Manifest(
    name="customers",
    storey=2,
    metadata=tables.metadata,
    routers=(
        listing.router,
        customer.router,
        relation_api.router,
        detail.router,
        document_api.router,
        assignment.router,
        move.router,
        pool.router,
        report_api.router,
        duplicate_api.router,
        merge_api.router,
    ),
    port=contract.CustomersPort,
    answers=Answers(),
    reactions={
        contract.RecordContact: (reactions.record_contact,),
        contract.StampListing: (reactions.stamp_listing,),
        contract.RemindOfDocuments: (reactions.remind_of_documents,),
        BusinessDateAdvanced: (reactions.pass_maturities, reactions.check_documents, reactions.follow_assignments),
        contract.FollowDay: (reactions.follow_day,),
        contract.CarryMove: (reactions.carry_move,),
        contract.LookForDuplicates: (reactions.look_for_duplicates,),
    },
    provides=(Sink(), Assisting(), Handover(), Places(), Subject()),
    permissions={
        "customers.read": _READERS,
        "customers.export": ("branch_manager", "head_office"),
        "customers.reveal": ("relationship_manager", "branch_manager"),
        "customers.documents": ("relationship_manager", "lobby_manager", "branch_manager"),
        "customers.assign": ("branch_manager", "head_office"),
        "customers.merge": ("branch_manager", "head_office"),
        "customers.pool": _READERS,
        "customers.claim": ("relationship_manager",),
        "customers.consent": ("relationship_manager", "lobby_manager", "branch_manager"),
        "customers.report": _READERS,
        "customers.confidential": ("branch_manager", "head_office"),
    },
)
