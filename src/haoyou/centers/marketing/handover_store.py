"""SQL of marketing around whoever hands over."""

from sqlalchemy import func, select

from haoyou.centers.marketing import tables
from haoyou.kernel.ctx import Tx
from haoyou.kernel.db.scope import narrow
from haoyou.kernel.principal import Scope

_O = tables.opportunity


async def count_open(tx: Tx, scope: Scope, *, staff_id: int) -> int:
    """Open opportunities of this person's customers."""
    within = narrow(scope, unit=_O.c.institution_id, owner=_O.c.manager_id, line=_O.c.line, row=_O.c.customer_no)
    mine = (_O.c.manager_id == staff_id, _O.c.status == "open", within)
    return await tx.value(select(func.count()).select_from(_O).where(*mine))
