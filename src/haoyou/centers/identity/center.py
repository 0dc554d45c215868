"""The manifest of identity."""

from haoyou.centers.identity import contract, reactions, service, session, tables
from haoyou.centers.identity.api import audit, oidc, place, staff
from haoyou.centers.identity.api import session as session_api
from haoyou.centers.identity.oidc.line import Line
from haoyou.kernel.room import Manifest
from haoyou.kernel.web.signon import SignOn


class Answers(contract.IdentityPort):
    get_bank_day = staticmethod(service.get_bank_day)
    list_institutions = staticmethod(service.list_institutions)
    list_staff = staticmethod(service.list_staff_cards)
    find_codes = staticmethod(service.find_codes)
    list_serving = staticmethod(service.list_serving)
    list_colleagues = staticmethod(service.list_colleagues)
    find_colleagues = staticmethod(service.find_colleagues)
    apply_institutions = staticmethod(service.apply_institutions)
    apply_staff = staticmethod(service.apply_staff)


class SignOnHere(SignOn):
    room = "identity"

    resolve_session = staticmethod(session.resolve)
    list_over = staticmethod(session.list_over)


manifest = Manifest(
    name="identity",
    storey=0,
    metadata=tables.metadata,
    routers=(session_api.router, oidc.router, place.router, staff.router, audit.router),
    port=contract.IdentityPort,
    answers=Answers(),
    reactions={contract.AdvanceBusinessDate: (reactions.begin_day,)},
    provides=(SignOnHere(), Line()),
    permissions={
        "identity.staff.read": ("branch_manager", "head_office", "administrator"),
        "identity.staff.manage": ("administrator",),
        "identity.places.manage": ("head_office", "administrator"),
        "identity.audit.read": ("administrator",),
    },
)
