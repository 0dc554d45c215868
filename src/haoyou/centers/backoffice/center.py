"""The manifest of backoffice."""

from haoyou.centers.backoffice import api, contract, service, tables
from haoyou.kernel.room import Manifest


class Answers(contract.BackofficePort):
    list_snapshots = staticmethod(service.list_snapshots)
    list_snapshots_known = staticmethod(service.list_snapshots_known)


manifest = Manifest(
    name="backoffice",
    storey=1,
    metadata=tables.metadata,
    routers=(api.router,),
    port=contract.BackofficePort,
    answers=Answers(),
    permissions={
        api.READ: ("head_office", "administrator"),
        api.LINEAGE: ("head_office", "administrator"),
        api.REGISTER: ("head_office",),
        api.REJECTED: ("head_office",),
    },
)
