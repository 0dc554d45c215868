"""HTTP of identity: the tree of institutions, as everybody picks from it and as administrators shape it."""

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from haoyou.centers.identity import contract, place, rules, service
from haoyou.centers.identity.api.view import InstitutionView
from haoyou.kernel.errors import NotFound
from haoyou.kernel.names import Name
from haoyou.kernel.web.fields import NameView, RowId, ShortText
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.policy import SIGNED_IN, Data, Write

router = Router("identity")

MANAGE = "identity.places.manage"


class InstitutionsView(BaseModel):
    items: list[InstitutionView]


class PlaceView(BaseModel):
    """`edited`: it differs from what the bank's feed last said, and stays so until the feed says something new."""

    id: int
    code: str
    name: NameView
    kind: contract.InstitutionKind
    parent_id: int | None
    closed_on: date | None
    staff: int
    edited: bool

    @staticmethod
    def of(one: place.Place) -> "PlaceView":
        institution = one.institution
        return PlaceView(
            id=institution.id,
            code=institution.code,
            name=NameView.of(institution.name),
            kind=institution.kind,
            parent_id=institution.parent_id,
            closed_on=one.closed_on,
            staff=one.staff,
            edited=one.edited,
        )


class PlacesView(BaseModel):
    items: list[PlaceView]


class PlaceName(BaseModel):
    zh: ShortText
    en: ShortText | None = None

    def read(self) -> Name:
        return Name(self.zh, self.en)


class PlaceBody(BaseModel):
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    name: PlaceName
    kind: Annotated[str, Field(pattern="^(branch|outlet)$")]
    parent_id: RowId


class PlaceNameBody(BaseModel):
    name: PlaceName


class PlaceMoveBody(BaseModel):
    """`from_parent_id`: where whoever moves it saw it."""

    parent_id: RowId
    from_parent_id: RowId


class PlaceMoveView(BaseModel):
    """`refusal`: why it cannot be done (top, circle, outlet), or null."""

    institutions: int
    staff: int
    customers: int
    refusal: str | None


@router.get("/institutions", permission=SIGNED_IN, data=Data.HOUSE)
async def list_institutions(ctx: Caller) -> InstitutionsView:
    return InstitutionsView(items=[InstitutionView.of(one) for one in await service.list_my_institutions(ctx)])


@router.get("/places", permission=MANAGE, data=Data.HOUSE)
async def list_places(ctx: Caller) -> PlacesView:
    return PlacesView(items=[PlaceView.of(one) for one in await place.list_places(ctx)])


@router.post(
    "/places",
    permission=MANAGE,
    data=Data.HOUSE,
    write=Write.KEY,
    status=201,
    raises=(NotFound, rules.CodeTaken, rules.PlaceClosed, rules.PlaceCannotMove),
)
async def add_place(ctx: Caller, body: PlaceBody) -> PlaceView:
    kind = contract.InstitutionKind(body.kind)
    made = await place.add_place(ctx, code=body.code, name=body.name.read(), kind=kind, parent_id=body.parent_id)
    return PlaceView.of(made)


@router.put(
    "/places/{institution_id}/name", permission=MANAGE, data=Data.HOUSE, write=Write.NATURAL, raises=(NotFound,)
)
async def rename_place(ctx: Caller, institution_id: RowId, body: PlaceNameBody) -> PlaceView:
    return PlaceView.of(await place.rename_place(ctx, institution_id=institution_id, name=body.name.read()))


@router.post(
    "/places/{institution_id}/close",
    permission=MANAGE,
    data=Data.HOUSE,
    write=Write.KEY,
    raises=(NotFound, rules.PlaceInUse),
)
async def close_place(ctx: Caller, institution_id: RowId) -> PlaceView:
    return PlaceView.of(await place.close_place(ctx, institution_id=institution_id))


@router.get("/places/{institution_id}/move", permission=MANAGE, data=Data.HOUSE, raises=(NotFound,))
async def preview_place_move(ctx: Caller, institution_id: RowId, parent_id: Annotated[RowId, Query()]) -> PlaceMoveView:
    move = await place.preview_move(ctx, institution_id=institution_id, parent_id=parent_id)
    return PlaceMoveView(
        institutions=move.institutions, staff=move.staff, customers=move.customers, refusal=move.refusal or None
    )


@router.post(
    "/places/{institution_id}/move",
    permission=MANAGE,
    data=Data.HOUSE,
    write=Write.KEY,
    raises=(NotFound, rules.PlaceCannotMove, rules.PlaceChanged, rules.PlaceClosed),
)
async def move_place(ctx: Caller, institution_id: RowId, body: PlaceMoveBody) -> PlaceView:
    moved = await place.move_place(
        ctx, institution_id=institution_id, parent_id=body.parent_id, from_parent_id=body.from_parent_id
    )
    return PlaceView.of(moved)
