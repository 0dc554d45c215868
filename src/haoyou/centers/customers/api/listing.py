"""HTTP of customers: the list, the search, the list as a file, saved views."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from haoyou.centers.customers import export, listing, rules, saved_view, service
from haoyou.centers.customers.api.view import CardView
from haoyou.kernel.errors import NotFound
from haoyou.kernel.names import Name
from haoyou.kernel.web.fields import Cursor, NameView, PageSize, RowId, SearchText, ShortText, Version
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data, Write

router = Router("customers")

_POSITIONS: dict[str, type] = {
    "aum": int,
    "name": str,
    "recent": date,
    "maturity": date,
    "deposits": int,
    "loans": int,
}
CARDS_MAX = 8  # as many as one glances over
Minor = Annotated[int, Field(ge=-(1 << 53), le=1 << 53)]
Days = Annotated[int, Field(ge=0, le=3_660)]


class CardFilter(BaseModel):
    """Which customers, and in which order: `view` mine, or all within reach. Days are counted from the bank's day.

    `quiet_days`: nobody has spoken with them for so long; `matures_days`: something of theirs matures within.
    """

    view: Literal["mine", "all"] = "mine"
    line: Literal["retail", "corporate"] | None = None
    kind: Literal["person", "organisation"] | None = None
    tier: Literal["platinum", "gold", "silver", "plain"] | None = None
    aum_from_minor: Minor | None = None
    aum_to_minor: Minor | None = None
    institution_id: RowId | None = None
    manager_id: RowId | None = None
    unmanaged: bool = False
    with_opportunities: bool = False
    quiet_days: Days | None = None
    matures_days: Days | None = None
    sort: Literal["aum", "name", "recent", "maturity", "deposits", "loans"] = "aum"
    order: Literal["up", "down"] | None = None

    def wanted(self) -> rules.Wanted:
        asked: dict[str, Any] = {name: getattr(self, name) for name in _SAME}
        descending = None if self.order is None else self.order == "down"
        return rules.Wanted(own_only=self.view == "mine", descending=descending, **asked)


_SAME = tuple(name for name in CardFilter.model_fields if name not in ("view", "order"))


class CardQuery(CardFilter):
    after: Cursor | None = None
    limit: PageSize = 30


class CardPage(BaseModel):
    items: list[CardView]
    next: str | None
    count: int | None


class SearchView(BaseModel):
    items: list[CardView]


@router.get("/customers", permission="customers.read", data=Data.CUSTOMER)
async def list_customers(ctx: Caller, query: Annotated[CardQuery, Query()]) -> CardPage:
    after = read_cursor(query.after, _POSITIONS[query.sort], int)
    page = await listing.list_customers(ctx, wanted=query.wanted(), after=after, limit=query.limit)
    names = await service.names_of(ctx, page.lines)
    following = write_cursor(*page.following) if page.following else None
    return CardPage(items=[CardView.of(one, names) for one in page.lines], next=following, count=page.count)


@router.get("/search", permission="customers.read", data=Data.CUSTOMER)
async def search(ctx: Caller, q: Annotated[SearchText, Query()]) -> SearchView:
    lines = await listing.search(ctx, query=q)
    names = await service.names_of(ctx, lines)
    return SearchView(items=[CardView.of(one, names) for one in lines])


@router.get("/cards", permission="customers.read", data=Data.CUSTOMER)
async def list_cards(ctx: Caller, ids: Annotated[list[UUID], Query(min_length=1, max_length=CARDS_MAX)]) -> SearchView:
    """Customers somebody had before them a while ago: those that are still within reach."""
    lines = await listing.list_cards(ctx, ids=ids)
    names = await service.names_of(ctx, lines)
    return SearchView(items=[CardView.of(one, names) for one in lines])


class ExportBody(BaseModel):
    """`count`: how many rows the person was told of; a file of another size is refused."""

    filter: CardFilter
    count: Annotated[int, Field(ge=0, le=1_000_000)]
    reason: Annotated[ShortText, Field(min_length=4)]


class ExportCountView(BaseModel):
    """`count`: null when there are more than one file may hold."""

    count: int | None
    rows_max: int


@router.get("/customers/export", permission="customers.export", data=Data.CUSTOMER)
async def count_export(ctx: Caller, query: Annotated[CardFilter, Query()]) -> ExportCountView:
    """How many rows the file of this list would have."""
    count = await export.count(ctx, wanted=query.wanted())
    return ExportCountView(count=count, rows_max=ctx.house.settings.export_rows_max)


_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


@router.post(
    "/customers/export",
    permission="customers.export",
    data=Data.CUSTOMER,
    write=Write.NATURAL,
    raises=(export.ExportTooLarge, export.ExportChanged),
    response_class=Response,
    responses=_FILE,
)
async def export_customers(ctx: Caller, body: ExportBody) -> Response:
    lines = await export.export(ctx, wanted=body.filter.wanted(), count=body.count, reason=body.reason)
    headers = {"Content-Disposition": f'attachment; filename="customers-{ctx.request_ref}.csv"'}
    return StreamingResponse((line.encode() for line in lines), media_type="text/csv", headers=headers)


class ViewBody(BaseModel):
    name: Annotated[ShortText, Field(max_length=40)]
    name_en: Annotated[ShortText, Field(max_length=40)] | None = None
    filter: CardFilter
    shared: bool = False


class SavedViewView(BaseModel):
    id: UUID
    name: NameView
    filter: CardFilter
    shared: bool
    own: bool
    version: int

    @staticmethod
    def of(one: saved_view.SavedView) -> "SavedViewView":
        wanted = CardFilter.model_validate(one.wanted)
        return SavedViewView(
            id=one.id,
            name=NameView.of(one.name),
            filter=wanted,
            shared=one.is_shared,
            own=one.is_own,
            version=one.version,
        )


class SavedViewsView(BaseModel):
    items: list[SavedViewView]


@router.get("/views", permission="customers.read", data=Data.OWN)
async def list_views(ctx: Caller) -> SavedViewsView:
    """One's own, and those shared at one's place; by last use."""
    return SavedViewsView(items=[SavedViewView.of(one) for one in await saved_view.list_views(ctx)])


@router.put(
    "/views/{view_id}",
    permission="customers.read",
    data=Data.OWN,
    write=Write.VERSION,
    raises=(NotFound, saved_view.TooManyViews),
)
async def save_view(ctx: Caller, view_id: UUID, body: ViewBody, version: Version) -> SavedViewView:
    """Version 0 makes it."""
    stored = body.filter.model_dump(mode="json", exclude_defaults=True)
    name = Name(body.name, body.name_en)
    saved = await saved_view.save_view(
        ctx, view_id=view_id, name=name, wanted=stored, shared=body.shared, version=version
    )
    return SavedViewView.of(saved)


@router.post(
    "/views/{view_id}/uses",
    permission="customers.read",
    data=Data.OWN,
    write=Write.NATURAL,
    status=204,
    raises=(NotFound,),
)
async def use_view(ctx: Caller, view_id: UUID) -> None:
    await saved_view.note_use(ctx, view_id=view_id)


@router.delete(
    "/views/{view_id}",
    permission="customers.read",
    data=Data.OWN,
    write=Write.NATURAL,
    status=204,
    raises=(NotFound,),
)
async def drop_view(ctx: Caller, view_id: UUID) -> None:
    await saved_view.drop_view(ctx, view_id=view_id)
