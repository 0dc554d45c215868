"""HTTP of customers: moves of many customers, seen before, done, followed and taken back."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import Row

from haoyou.centers.customers import contract, move, rules, service
from haoyou.centers.customers.api.view import StaffRef
from haoyou.kernel.errors import NotFound
from haoyou.kernel.web.fields import Cursor, Day, MoneyView, PageSize, RowId, ShortText
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data, Write

router = Router("customers")

Minor = Annotated[int, Field(ge=0, lt=1 << 62)]


class SelectBody(BaseModel):
    """Conditions joined by "and"; manager 0 is nobody. Customers are narrowed to those the caller answers for."""

    managers: Annotated[list[Annotated[int, Field(ge=0, le=2_147_483_647)]], Field(max_length=50)] = []
    institution: RowId | None = None
    line: Literal["retail", "corporate"] | None = None
    tier: Literal["platinum", "gold", "silver", "plain"] | None = None
    aum_from_minor: Minor | None = None
    aum_below_minor: Minor | None = None
    no_contact_since: Day | None = None
    customers: Annotated[list[UUID], Field(max_length=1_000)] = []

    def wanted(self) -> rules.MoveSelection:
        return rules.MoveSelection(
            managers=tuple(self.managers),
            institution_id=self.institution,
            line=self.line,
            tier=self.tier,
            aum_from_minor=self.aum_from_minor,
            aum_below_minor=self.aum_below_minor,
            no_contact_since=self.no_contact_since,
            customers=tuple(self.customers),
        )


class MoveWish(BaseModel):
    select: SelectBody
    to: Annotated[list[RowId], Field(min_length=1, max_length=50)]
    dealing: rules.Dealing = rules.Dealing.EVEN


class MoveOrder(MoveWish):
    """`seen`: the hash of the preview that was looked at."""

    seen: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    reason: ShortText


class MoveShare(BaseModel):
    """One manager's side of a move: `held` customers now, of whom so many go or to whom so many come."""

    staff: StaffRef | None
    held: int | None
    customers: int


class MovePreviewLine(BaseModel):
    id: UUID
    number: str
    name: str | None
    tier: str
    aum: MoneyView
    before: StaffRef | None
    after: StaffRef | None
    left: rules.Left | None


class WaitingView(BaseModel):
    kind: str
    count: int


class MovePreview(BaseModel):
    seen: str
    total: int
    left_already: int
    left_line: int
    left_full: int
    open_opportunities: int
    waiting: list[WaitingView]
    gains: list[MoveShare]
    losses: list[MoveShare]
    items: list[MovePreviewLine]

    @staticmethod
    def of(found: move.Preview) -> "MovePreview":
        plan, names, left = found.plan, found.names, found.left
        lines = [_line(found, one, staff, None) for one, staff in plan.moves[: move.SHOWN_MAX]]
        lines += [_line(found, one, 0, reason) for one, reason in plan.left[: move.SHOWN_MAX]]
        gains = found.gains
        return MovePreview(
            seen=found.seen,
            total=len(plan.moves),
            left_already=left[rules.Left.ALREADY],
            left_line=left[rules.Left.LINE],
            left_full=left[rules.Left.FULL],
            open_opportunities=sum(one.open_opportunities for one, _ in plan.moves),
            waiting=[WaitingView(kind=one.kind, count=one.count) for one in found.waiting],
            gains=[
                MoveShare(staff=StaffRef.find(staff, names), held=held, customers=gains[staff])
                for staff, held in found.receivers.items()
            ],
            losses=[
                MoveShare(staff=StaffRef.find(staff, names), held=None, customers=count)
                for staff, count in found.losses.most_common()
            ],
            items=[line for line in lines if line],
        )


def _line(
    found: move.Preview, one: rules.Candidate, after: int, left: rules.Left | None
) -> MovePreviewLine | None:  # fmt: skip
    card: contract.Card | None = found.cards.get(one.no)
    return card and MovePreviewLine(
        id=card.id,
        number=card.code,
        name=card.name,
        tier=card.tier,
        aum=MoneyView.of(card.aum),
        before=StaffRef.find(one.manager_id, found.names),
        after=StaffRef.find(after, found.names),
        left=left,
    )


class MoveRef(BaseModel):
    id: UUID


class MoveLine(BaseModel):
    id: UUID
    made_by: StaffRef | None
    made_at: datetime
    made_on: date
    reason: str
    total: int
    done: int
    state: Literal["running", "done", "undone"]

    @staticmethod
    def of(row: Row[object], names: service.Names) -> "MoveLine":
        return MoveLine(
            id=row.id,
            made_by=StaffRef.find(row.made_by, names),
            made_at=row.made_at,
            made_on=row.made_on,
            reason=row.reason,
            total=row.total,
            done=row.done,
            state=row.state,
        )


class MovePage(BaseModel):
    items: list[MoveLine]
    next: str | None


class MoveView(MoveLine):
    """`moved`, `left`, `undone`, `kept`: customers in each state; `left` had changed hands before, `kept` since."""

    to: list[StaffRef]
    moved: int
    waiting: int
    left: int
    undone: int
    kept: int
    undoable: bool
    undone_by: StaffRef | None
    undone_at: datetime | None


class MoveItemView(BaseModel):
    id: UUID
    number: str
    name: str | None
    before: StaffRef | None
    after: StaffRef | None
    state: Literal["waiting", "moved", "left", "undone", "kept"]


class MoveItemPage(BaseModel):
    items: list[MoveItemView]
    next: str | None


@router.post(
    "/move-previews",
    permission="customers.assign",
    data=Data.CUSTOMER,
    write=Write.NATURAL,
    raises=(NotFound, move.TooMany),
)
async def preview_move(ctx: Caller, body: MoveWish) -> MovePreview:
    return MovePreview.of(await move.preview(ctx, wanted=body.select.wanted(), to=body.to, dealing=body.dealing))


@router.post(
    "/moves",
    permission="customers.assign",
    data=Data.CUSTOMER,
    write=Write.KEY,
    status=201,
    raises=(NotFound, move.TooMany, move.PreviewStale),
)
async def make_move(ctx: Caller, body: MoveOrder) -> MoveRef:
    made = await move.make(
        ctx, wanted=body.select.wanted(), to=body.to, dealing=body.dealing, seen=body.seen, reason=body.reason
    )
    return MoveRef(id=made)


@router.get("/moves", permission="customers.assign", data=Data.CUSTOMER)
async def list_moves(
    ctx: Caller, after: Annotated[Cursor | None, Query()] = None, limit: Annotated[PageSize, Query()] = 30
) -> MovePage:
    position = read_cursor(after, datetime, UUID)
    rows, more, names = await move.list_moves(ctx, after=(position[0], position[1]) if position else None, limit=limit)
    following = write_cursor(rows[-1].made_at.isoformat(), rows[-1].id) if more else None
    return MovePage(items=[MoveLine.of(row, names) for row in rows], next=following)


@router.get("/moves/{move_id}", permission="customers.assign", data=Data.CUSTOMER, raises=(NotFound,))
async def get_move(ctx: Caller, move_id: UUID) -> MoveView:
    found = await move.get_move(ctx, move_id=move_id)
    row, names, states = found.row, found.names, found.states
    return MoveView(
        **MoveLine.of(row, names).model_dump(),
        to=[ref for staff in row.wanted["to"] if (ref := StaffRef.find(staff, names))],
        moved=states.get("moved", 0),
        waiting=states.get("waiting", 0),
        left=states.get("left", 0),
        undone=states.get("undone", 0),
        kept=states.get("kept", 0),
        undoable=found.undoable,
        undone_by=StaffRef.find(row.undone_by, names),
        undone_at=row.undone_at,
    )


@router.get("/moves/{move_id}/items", permission="customers.assign", data=Data.CUSTOMER, raises=(NotFound,))
async def list_move_items(
    ctx: Caller,
    move_id: UUID,
    after: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[PageSize, Query()] = 30,
) -> MoveItemPage:
    position = read_cursor(after, int)
    items, following, names = await move.list_items(
        ctx, move_id=move_id, after=position[0] if position else 0, limit=limit
    )
    return MoveItemPage(
        items=[
            MoveItemView(
                id=one.card.id,
                number=one.card.code,
                name=one.card.name,
                before=StaffRef.find(one.row.giver_id, names),
                after=StaffRef.find(one.row.taker_id, names),
                state=one.row.state,
            )
            for one in items
        ],
        next=write_cursor(following) if following else None,
    )


@router.post(
    "/moves/{move_id}/undo",
    permission="customers.assign",
    data=Data.CUSTOMER,
    write=Write.KEY,
    status=204,
    raises=(NotFound, move.MoveRunning, move.UndoOver),
)
async def undo_move(ctx: Caller, move_id: UUID) -> None:
    await move.undo(ctx, move_id=move_id)
