"""Administration of the tree of institutions: add, rename, close, and move one under another parent.

Customers carry the number of their institution, and a scope is an array of numbers; so a move changes one row here, and
with it the rights of everybody above, at commit in this process and within a second in all others.
"""

from dataclasses import dataclass

from haoyou.centers.identity import contract, naming, place_store, rules, service, session, store
from haoyou.centers.identity.place_store import Place
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import NotFound
from haoyou.kernel.names import Name


@dataclass(frozen=True, slots=True)
class Move:
    """What a move would do: how many institutions, people and customers come under other eyes."""

    place: Place
    parent: Place
    institutions: int
    staff: int
    customers: int
    refusal: str
    """Why it cannot be done (top, circle, outlet), or nothing."""


async def list_places(ctx: Ctx) -> list[Place]:
    """My institution and all below it, closed ones too."""
    async with ctx.read() as tx:
        return await place_store.list_places(tx, ids=await _below(ctx, tx))


async def _below(ctx: Ctx, tx: Tx) -> list[int]:
    return await store.list_below(tx, institution_id=int(ctx.principal.claims["institution_id"]))


async def _get(ctx: Ctx, tx: Tx, *ids: int) -> list[Place]:
    """These institutions, in this order; NotFound unless all of them are mine or below me."""
    below = set(await _below(ctx, tx))
    if not below.issuperset(ids):
        raise NotFound()
    found = {place.institution.id: place for place in await place_store.list_places(tx, ids=list(ids))}
    return [found[one] for one in ids]


async def add_place(ctx: Ctx, *, code: str, name: Name, kind: contract.InstitutionKind, parent_id: int) -> Place:
    """A new branch or outlet, before the feed knows it; what the feed says of this code later goes over it."""
    async with ctx.write() as tx:
        await place_store.hold_tree(tx)
        (parent,) = await _get(ctx, tx, parent_id)
        _refuse_parent(parent)
        made = await place_store.add(tx, code=code, name=name, kind=kind.value, parent_id=parent_id)
        if made is None:
            raise rules.CodeTaken(taken=code)
        tx.audit("place_added", ids=[made], under=parent_id)
        await _tell_screens(tx, parent_id)
        (place,) = await place_store.list_places(tx, ids=[made])
    session.cache.forget_all()
    return place


def _refuse_parent(parent: Place) -> None:
    if parent.closed_on:
        raise rules.PlaceClosed()
    if parent.institution.kind is contract.InstitutionKind.OUTLET:
        raise rules.PlaceCannotMove(reason="outlet")


async def rename_place(ctx: Ctx, *, institution_id: int, name: Name) -> Place:
    async with ctx.write() as tx:
        await place_store.hold_tree(tx)
        await _get(ctx, tx, institution_id)
        await place_store.rename(tx, institution_id=institution_id, name=name)
        tx.audit("place_renamed", ids=[institution_id])
        tx.refresh([], "institutions", "me")
        (place,) = await place_store.list_places(tx, ids=[institution_id])
    naming.forget(ctx.house)
    return place


async def close_place(ctx: Ctx, *, institution_id: int) -> Place:
    """Close an institution nobody is at any more: no staff, no customers, nothing open below it."""
    customers = await _count_customers(ctx, [institution_id])
    async with ctx.write() as tx:
        await place_store.hold_tree(tx)
        (place,) = await _get(ctx, tx, institution_id)
        below = await store.list_below(tx, institution_id=institution_id)
        still_open = set(await place_store.list_open(tx, ids=below)) - {institution_id}
        if place.staff or customers or still_open or place.institution.parent_id is None:
            raise rules.PlaceInUse(staff=place.staff, customers=customers, below=len(still_open))
        day = await store.get_bank_day(tx)
        on = place.closed_on or (day.business_date if day else ctx.now.date())
        await place_store.close(tx, institution_id=institution_id, on=on)
        tx.audit("place_closed", ids=[institution_id])
        tx.refresh([], "institutions")
        (closed,) = await place_store.list_places(tx, ids=[institution_id])
    return closed


async def preview_move(ctx: Ctx, *, institution_id: int, parent_id: int) -> Move:
    """What moving it under that parent would do. Nothing is changed."""
    async with ctx.read() as tx:
        place, parent = await _get(ctx, tx, institution_id, parent_id)
        below = await store.list_below(tx, institution_id=institution_id)
        staff = await place_store.count_staff(tx, institution_ids=below)
    customers = await _count_customers(ctx, below)
    return Move(place, parent, len(below), staff, customers, _refusal(place, parent, below))


async def _count_customers(ctx: Ctx, institution_ids: list[int]) -> int:
    parts = ctx.house.provided(contract.PlacePart)
    asking = service.overseeing(ctx)
    return sum([await part.count_customers(asking, institution_ids=tuple(institution_ids)) for part in parts])


def _refusal(place: Place, parent: Place, below: list[int]) -> str:
    return rules.refuse_move(
        place=place.institution.id,
        parent=parent.institution.id,
        kind_of_parent=parent.institution.kind.value,
        below=set(below) - {place.institution.id},
        top=place.institution.parent_id is None,
    )


async def move_place(ctx: Ctx, *, institution_id: int, parent_id: int, from_parent_id: int) -> Place:
    """Put an institution and all below it under another parent. `from_parent_id` is where the mover saw it.

    Undoing it is moving it back; the record keeps both.
    """
    async with ctx.write() as tx:
        await place_store.hold_tree(tx)
        place, parent = await _get(ctx, tx, institution_id, parent_id)
        refusal = _refusal(place, parent, await store.list_below(tx, institution_id=institution_id))
        if refusal:
            raise rules.PlaceCannotMove(reason=refusal)
        if place.institution.parent_id != from_parent_id:
            raise rules.PlaceChanged()
        if parent.closed_on or place.closed_on:
            raise rules.PlaceClosed()
        await place_store.move(tx, institution_id=institution_id, parent_id=parent_id)
        tx.audit("place_moved", ids=[institution_id], under=parent_id, before=from_parent_id)
        await _tell_screens(tx, parent_id, from_parent_id)
        (moved,) = await place_store.list_places(tx, ids=[institution_id])
    await ctx.commit()
    session.cache.forget_all()
    return moved


async def _tell_screens(tx: Tx, *institution_ids: int) -> None:
    """Whoever works there or above sees other rows from now on; all others only another tree."""
    tx.refresh(await place_store.list_people_above(tx, institution_ids=institution_ids), "*")
    tx.refresh([], "institutions")
