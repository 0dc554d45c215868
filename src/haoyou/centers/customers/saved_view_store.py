"""SQL of saved views: filters by name, no customer's data; a person sees their own and those shared at their place."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.customers import tables
from haoyou.kernel.ctx import Tx

_V = tables.saved_view


def _seen(*, staff_id: int, institution_id: int) -> ColumnElement[bool]:
    return or_(_V.c.staff_id == staff_id, and_(_V.c.institution_id == institution_id, _V.c.institution_id > 0))


async def list_views(tx: Tx, *, staff_id: int, institution_id: int, limit: int) -> Sequence[Row[Any]]:
    """One's own first, each part by last use."""
    seen = _seen(staff_id=staff_id, institution_id=institution_id)
    order = ((_V.c.staff_id == staff_id).desc(), _V.c.used_at.desc(), _V.c.id)
    return await tx.all(select(_V).where(seen).order_by(*order).limit(limit))


async def count_own(tx: Tx, *, staff_id: int) -> int:
    return await tx.value(select(func.count()).select_from(_V).where(_V.c.staff_id == staff_id))


async def find_own(tx: Tx, *, view_id: UUID, staff_id: int) -> Row[Any] | None:
    """The view, held until the end of the transaction."""
    return await tx.first(select(_V).where(_V.c.id == view_id, _V.c.staff_id == staff_id).with_for_update())


async def add_view(tx: Tx, values: Mapping[str, Any]) -> bool:
    """False when the id is taken, maybe by somebody else's view."""
    return await tx.run(insert(_V).values(dict(values)).on_conflict_do_nothing(index_elements=[_V.c.id])) == 1


async def change_view(tx: Tx, *, view_id: UUID, values: Mapping[str, Any]) -> None:
    await tx.run(update(_V).where(_V.c.id == view_id).values(dict(values)))


async def note_use(tx: Tx, *, view_id: UUID, staff_id: int, at: datetime) -> bool:
    """Only of one's own: what others use says nothing to its owner."""
    own = and_(_V.c.id == view_id, _V.c.staff_id == staff_id)
    return await tx.run(update(_V).where(own).values(used_at=func.greatest(_V.c.used_at, at))) == 1


async def drop_view(tx: Tx, *, view_id: UUID, staff_id: int) -> bool:
    return await tx.run(_V.delete().where(_V.c.id == view_id, _V.c.staff_id == staff_id)) == 1
