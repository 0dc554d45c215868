"""Use cases of saved views: a filter and an order of the list that a person keeps, and may share with their place."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from haoyou.centers.customers import saved_view_store as store
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.errors import Conflict, Json, NotFound, PreconditionFailed
from haoyou.kernel.names import Name

OWN_MAX = 30  # of one person: more chips than anybody reads
SHOWN_MAX = 100


class TooManyViews(Conflict):
    """`views_max`: as many as one person may keep."""

    code = "customers.too_many_views"
    title = "You keep as many views as one may; remove one first"


@dataclass(frozen=True, slots=True)
class SavedView:
    id: UUID
    name: Name
    wanted: Mapping[str, Json]
    is_shared: bool
    is_own: bool
    version: int


def _place(ctx: Ctx) -> int:
    return int(ctx.principal.claims["institution_id"])


async def list_views(ctx: Ctx) -> list[SavedView]:
    me = ctx.principal.id
    async with ctx.read() as tx:
        rows = await store.list_views(tx, staff_id=me, institution_id=_place(ctx), limit=SHOWN_MAX)
    return [
        SavedView(row.id, Name.read(row.name), row.filter, row.institution_id > 0, row.staff_id == me, row.version)
        for row in rows
    ]


async def save_view(
    ctx: Ctx, *, view_id: UUID, name: Name, wanted: Mapping[str, Json], shared: bool, version: int
) -> SavedView:
    """Version 0 is a view that does not exist yet; whoever saves it owns it."""
    me = ctx.principal.id
    values = {"institution_id": _place(ctx) if shared else 0, "name": name.stored(), "filter": dict(wanted)}
    async with ctx.write() as tx:
        row = await store.find_own(tx, view_id=view_id, staff_id=me)
        if version != (row.version if row else 0):
            raise PreconditionFailed() if row else NotFound()
        if row is None:
            if await store.count_own(tx, staff_id=me) >= OWN_MAX:
                raise TooManyViews(views_max=OWN_MAX)
            fresh = {"id": view_id, "staff_id": me, "used_at": ctx.now, "version": 1}
            if not await store.add_view(tx, values | fresh):
                raise NotFound()
        else:
            await store.change_view(tx, view_id=view_id, values=values | {"version": version + 1})
        tx.audit("view_saved", ids=[view_id], shared=shared)
    return SavedView(view_id, name, wanted, shared, is_own=True, version=version + 1)


async def note_use(ctx: Ctx, *, view_id: UUID) -> None:
    async with ctx.write() as tx:
        if not await store.note_use(tx, view_id=view_id, staff_id=ctx.principal.id, at=ctx.now):
            raise NotFound()


async def drop_view(ctx: Ctx, *, view_id: UUID) -> None:
    async with ctx.write() as tx:
        if not await store.drop_view(tx, view_id=view_id, staff_id=ctx.principal.id):
            raise NotFound()
        tx.audit("view_dropped", ids=[view_id])
