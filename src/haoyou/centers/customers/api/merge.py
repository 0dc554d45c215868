"""HTTP of customers: merging two into one, and taking it back."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from haoyou.centers.customers import merge, service
from haoyou.centers.customers.api.view import StaffRef
from haoyou.kernel.errors import NotFound
from haoyou.kernel.web.fields import Cursor, PageSize, ShortText
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data, Write

router = Router("customers")

Reasoned = Annotated[ShortText, Field(min_length=4)]


class MergeBody(BaseModel):
    """`different_identities`: I know that their ID numbers differ; the reason says why they are one all the same."""

    survivor_id: UUID
    loser_id: UUID
    reason: Reasoned
    different_identities: bool = False


class MergeRef(BaseModel):
    id: UUID
    customer_id: UUID


class UndoMergeBody(BaseModel):
    reason: Reasoned


class SurvivorView(BaseModel):
    id: UUID
    number: str
    name: str | None
    kind: str


class MergeView(BaseModel):
    """`survivor`: the customer as they are now; null when out of the reader's sight."""

    id: UUID
    survivor: SurvivorView | None
    number: str
    name: str | None
    kind: str
    reason: str
    merged_by: StaffRef
    merged_at: datetime
    merged_on: date
    undone_by: StaffRef | None
    undone_at: datetime | None
    undone_reason: str | None

    @staticmethod
    def of(one: merge.Merge, names: service.Names) -> "MergeView":
        row, card = one.row, one.card
        return MergeView(
            id=row.id,
            survivor=card and SurvivorView(id=card.id, number=card.code, name=card.name, kind=card.kind),
            number=row.loser_code,
            name=row.loser_name,
            kind=row.loser_kind,
            reason=row.reason,
            merged_by=StaffRef(id=row.merged_by, name=names.staff.get(row.merged_by, "")),
            merged_at=row.merged_at,
            merged_on=row.merged_on,
            undone_by=StaffRef.find(row.undone_by, names),
            undone_at=row.undone_at,
            undone_reason=row.undone_reason,
        )


class MergePage(BaseModel):
    items: list[MergeView]
    next: str | None


@router.get("/merges", permission="customers.merge", data=Data.CUSTOMER)
async def list_merges(
    ctx: Caller, after: Annotated[Cursor | None, Query()] = None, limit: Annotated[PageSize, Query()] = 30
) -> MergePage:
    position = read_cursor(after, datetime, UUID)
    found = await merge.list_merges(ctx, after=(position[0], position[1]) if position else None, limit=limit)
    last = found.items[-1].row if found.more else None
    following = write_cursor(last.merged_at.isoformat(), last.id) if last else None
    return MergePage(items=[MergeView.of(one, found.names) for one in found.items], next=following)


@router.post(
    "/merges",
    permission="customers.merge",
    data=Data.CUSTOMER,
    write=Write.KEY,
    status=201,
    raises=(NotFound, merge.AlreadyMerged, merge.KindsDiffer, merge.IdentitiesDiffer, merge.TooManyMembers),
)
async def merge_customers(ctx: Caller, body: MergeBody) -> MergeRef:
    """The loser's number is from now on the survivor's customer."""
    made = await merge.merge(
        ctx,
        survivor_id=body.survivor_id,
        loser_id=body.loser_id,
        reason=body.reason,
        different_identities=body.different_identities,
    )
    return MergeRef(id=made, customer_id=body.survivor_id)


@router.post(
    "/merges/{merge_id}/undo",
    permission="customers.merge",
    data=Data.CUSTOMER,
    write=Write.KEY,
    status=204,
    raises=(NotFound, merge.MergeUndone, merge.BelongsElsewhere),
)
async def undo_merge(ctx: Caller, merge_id: UUID, body: UndoMergeBody) -> None:
    await merge.undo(ctx, merge_id=merge_id, reason=body.reason)
