"""HTTP of customers: the list and the search."""

from datetime import date
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel

from haoyou.centers.customers import rules, service
from haoyou.centers.customers.api.view import CardView
from haoyou.kernel.web.fields import Cursor, PageSize, SearchText
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data

router = Router("customers")

_POSITIONS: dict[str, type] = {"aum": int, "name": str, "recent": date}


class CardPage(BaseModel):
    items: list[CardView]
    next: str | None
    count: int | None


class SearchView(BaseModel):
    items: list[CardView]


@router.get("/customers", permission="customers.read", data=Data.CUSTOMER)
async def list_customers(
    ctx: Caller,
    view: Annotated[Literal["mine", "all"], Query()] = "mine",
    line: Annotated[Literal["retail", "corporate"] | None, Query()] = None,
    sort: Annotated[Literal["aum", "name", "recent"], Query()] = "aum",
    after: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[PageSize, Query()] = 30,
) -> CardPage:
    wanted = rules.Wanted(own_only=view == "mine", line=line, sort=sort)
    position = read_cursor(after, _POSITIONS[sort], int)
    lines, count, more = await service.list_customers(ctx, wanted=wanted, after=position, limit=limit)
    names = await service.names_of(ctx, lines)
    following = write_cursor(*lines[-1].position) if more else None
    return CardPage(items=[CardView.of(one, names) for one in lines], next=following, count=count)


@router.get("/search", permission="customers.read", data=Data.CUSTOMER)
async def search(ctx: Caller, q: Annotated[SearchText, Query()]) -> SearchView:
    lines = await service.search(ctx, query=q)
    names = await service.names_of(ctx, lines)
    return SearchView(items=[CardView.of(one, names) for one in lines])
