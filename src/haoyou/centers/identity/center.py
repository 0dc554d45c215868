"""The manifest of identity."""

from haoyou.centers.identity import api, contract, reactions, service, session, tables
from haoyou.kernel.room import Manifest
from haoyou.kernel.web.signon import SignOn


class Answers(contract.IdentityPort):
    get_bank_day = staticmethod(service.get_bank_day)
    list_institutions = staticmethod(service.list_institutions)
    list_staff = staticmethod(service.list_staff_cards)
    find_codes = staticmethod(service.find_codes)
    list_serving = staticmethod(service.list_serving)
    apply_institutions = staticmethod(service.apply_institutions)
    apply_staff = staticmethod(service.apply_staff)


class SignOnHere(SignOn):
    room = "identity"

    resolve_session = staticmethod(session.resolve)


manifest = Manifest(
    name="identity",
    storey=0,
    metadata=tables.metadata,
    routers=(api.router,),
    port=contract.IdentityPort,
    answers=Answers(),
    reactions={contract.AdvanceBusinessDate: (reactions.begin_day,)},
    provides=(SignOnHere(),),
    permissions={
        "identity.staff.read": ("branch_manager", "head_office", "administrator"),
        "identity.staff.manage": ("administrator",),
    },
)
