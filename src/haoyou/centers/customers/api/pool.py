"""HTTP of customers: the open pool, claiming a customer and giving one back."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from haoyou.centers.customers import assignment, pool, rules, service
from haoyou.centers.customers.api.view import InstitutionRef
from haoyou.kernel.errors import NotFound
from haoyou.kernel.web.fields import Cursor, PageSize, ShortText
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data, Write

router = Router("customers")


class PooledView(BaseModel):
    """A customer nobody manages. `came_by`: release, recycle, …; null when the feed names nobody."""

    id: UUID
    number: str
    name_masked: str | None
    line: str
    tier: str
    institution: InstitutionRef
    last_contact_on: date | None
    came_by: str | None
    came_on: date | None
    reason: str
    cooling: bool

    @staticmethod
    def of(one: pool.Entry, names: service.Names) -> "PooledView":
        row, last = one.row, one.last
        return PooledView(
            id=row.id,
            number=row.code,
            name_masked=rules.masked_name(row.name, row.kind),
            line=row.line,
            tier=row.tier,
            institution=InstitutionRef.of(row.institution_id, names),
            last_contact_on=None if row.last_contact_on == rules.NEVER else row.last_contact_on,
            came_by=last.origin if last else None,
            came_on=last.decided_on if last else None,
            reason=last.reason if last else "",
            cooling=one.cooling,
        )


class PoolPage(BaseModel):
    """`contact_within` and `cooldown` are the rules in bank days, for whoever claims to know them before."""

    items: list[PooledView]
    next: str | None
    count: int | None
    claims_left: int
    contact_within: int
    cooldown: int


class ReleaseBody(BaseModel):
    reason: ShortText


@router.get("/pool", permission="customers.pool", data=Data.CUSTOMER)
async def list_pool(
    ctx: Caller, after: Annotated[Cursor | None, Query()] = None, limit: Annotated[PageSize, Query()] = 30
) -> PoolPage:
    position = read_cursor(after, int, int)
    page = await pool.list_pool(ctx, after=(position[0], position[1]) if position else None, limit=limit)
    settings = ctx.house.settings
    last = page.entries[-1].row if page.more else None
    return PoolPage(
        items=[PooledView.of(one, page.names) for one in page.entries],
        next=write_cursor(last.aum_minor, last.no) if last else None,
        count=page.count,
        claims_left=page.claims_left,
        contact_within=settings.pool_contact_within_bank_days,
        cooldown=settings.pool_cooldown_bank_days,
    )


@router.post(
    "/pool/{customer_id}/claim",
    permission="customers.claim",
    data=Data.CUSTOMER,
    write=Write.KEY,
    status=204,
    raises=(NotFound, pool.AlreadyClaimed, pool.CoolingDown, pool.ClaimsUsedUp, assignment.ManagerFull),
)
async def claim_customer(ctx: Caller, customer_id: UUID) -> None:
    await pool.claim(ctx, customer_id=customer_id)


@router.post(
    "/customers/{customer_id}/release",
    permission="customers.claim",
    data=Data.CUSTOMER,
    write=Write.KEY,
    status=204,
    raises=(NotFound, pool.NotClaimed),
)
async def release_customer(ctx: Caller, customer_id: UUID, body: ReleaseBody) -> None:
    await pool.release(ctx, customer_id=customer_id, reason=body.reason)
