"""The manifest of backoffice."""

from haoyou.centers.backoffice import api, contract, service, tables
from haoyou.kernel.room import Manifest


class Answers(contract.BackofficePort):
    list_snapshots = staticmethod(service.list_snapshots)


manifest = Manifest(
    name="backoffice",
    storey=1,
    metadata=tables.metadata,
    routers=(api.router,),
    port=contract.BackofficePort,
    answers=Answers(),
    permissions={"backoffice.imports.read": ("head_office", "administrator")},
)
