"""HTTP of customers: who looks after one customer, its history, and to whom customers may be given."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from haoyou.centers.customers import assignment, service
from haoyou.centers.customers.api.view import InstitutionRef, StaffRef
from haoyou.kernel.errors import NotFound
from haoyou.kernel.web.fields import Day, RowId, ShortText
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.policy import Data, Write

router = Router("customers")


class HistoryLine(BaseModel):
    """`origin`: feed, staff, move, claim, release, recycle. `staff` null: nobody, the open pool."""

    id: str
    origin: str
    kind: str
    staff: StaffRef | None
    holds: bool
    from_date: date
    to_date: date | None
    before: StaffRef | None
    reason: str
    decided_by: StaffRef | None
    decided_at: datetime | None
    withdrawn_by: StaffRef | None
    withdrawn_at: datetime | None

    @staticmethod
    def of(entry: assignment.Entry, names: service.Names) -> "HistoryLine":
        row = entry.row
        return HistoryLine(
            id=entry.id,
            origin=entry.origin,
            kind=entry.kind,
            staff=StaffRef.find(entry.staff_id, names),
            holds=entry.holds,
            from_date=entry.from_date,
            to_date=entry.to_date,
            before=StaffRef.find(row.before_id, names) if row else None,
            reason=row.reason if row else "",
            decided_by=StaffRef.find(row.decided_by, names) if row else None,
            decided_at=row.decided_at if row else None,
            withdrawn_by=StaffRef.find(row.withdrawn_by, names) if row else None,
            withdrawn_at=row.withdrawn_at if row else None,
        )


class HistoryView(BaseModel):
    items: list[HistoryLine]


class DecisionBody(BaseModel):
    """`staff_id` null: from that day on nobody, the open pool. `holds` false: not assisting any more."""

    kind: Literal["primary", "assisting"]
    staff_id: RowId | None = None
    from_date: Day
    to_date: Day | None = None
    holds: bool = True
    reason: ShortText


class ReceiverView(BaseModel):
    """A manager to whom customers may be given, once a post; `held` is how many they have."""

    staff: StaffRef
    institution: InstitutionRef
    lines: list[str]
    held: int


class ReceiversView(BaseModel):
    items: list[ReceiverView]
    most: int


@router.get("/customers/{customer_id}/assignments", permission="customers.read", data=Data.CUSTOMER, raises=(NotFound,))
async def list_assignments(ctx: Caller, customer_id: UUID) -> HistoryView:
    entries, names = await assignment.get_history(ctx, customer_id=customer_id)
    return HistoryView(items=[HistoryLine.of(one, names) for one in entries])


@router.post(
    "/customers/{customer_id}/assignments",
    permission="customers.assign",
    data=Data.CUSTOMER,
    write=Write.KEY,
    status=204,
    raises=(NotFound, assignment.LineNotServed, assignment.ManagerFull, assignment.AssistingFull),
)
async def decide_assignment(ctx: Caller, customer_id: UUID, body: DecisionBody) -> None:
    await assignment.decide(
        ctx,
        customer_id=customer_id,
        kind=body.kind,
        staff_id=body.staff_id,
        from_date=body.from_date,
        to_date=body.to_date,
        holds=body.holds,
        reason=body.reason,
    )


@router.get("/receivers", permission="customers.assign", data=Data.STAFF)
async def list_receivers(ctx: Caller) -> ReceiversView:
    receivers, names = await assignment.list_receivers(ctx)
    return ReceiversView(
        items=[
            ReceiverView(
                staff=StaffRef(id=one.post.staff_id, name=one.post.name),
                institution=InstitutionRef.of(one.post.institution_id, names),
                lines=list(one.post.lines),
                held=one.held,
            )
            for one in receivers
        ],
        most=ctx.house.settings.customers_per_manager_max,
    )
