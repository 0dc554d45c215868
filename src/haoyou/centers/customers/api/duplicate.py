"""HTTP of customers: who may be one customer under two numbers, compared and judged."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from haoyou.centers.customers import duplicate, likeness, merge, service
from haoyou.centers.customers.api.view import CardView
from haoyou.kernel.errors import NotFound
from haoyou.kernel.masking import Address, BirthDate, IdNumber, Phone
from haoyou.kernel.web.fields import Cursor, PageSize, ShortText
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data, Write

router = Router("customers")


class DuplicateView(BaseModel):
    """`one` or `other` null: known elsewhere, out of the reader's sight. `different`: somebody said they are two."""

    one: CardView | None
    other: CardView | None
    certain: bool
    reasons: list[likeness.Reason]
    different: bool

    @staticmethod
    def of(pair: duplicate.Pair, names: service.Names) -> "DuplicateView":
        return DuplicateView(
            one=pair.one and CardView.of(pair.one, names),
            other=pair.other and CardView.of(pair.other, names),
            certain=pair.like.score >= likeness.CERTAIN,
            reasons=list(pair.like.reasons),
            different=pair.different,
        )


class DuplicatePage(BaseModel):
    items: list[DuplicateView]
    next: str | None


class DuplicatesView(BaseModel):
    items: list[DuplicateView]


class SideView(BaseModel):
    card: CardView
    sex: str | None
    birth_date_masked: BirthDate | None
    phone_masked: Phone | None
    id_kind: str | None
    id_number_masked: IdNumber | None
    uscc: str | None
    address_masked: Address | None
    occupation: str | None
    since: date

    @staticmethod
    def of(side: duplicate.Side, names: service.Names) -> "SideView":
        profile = side.profile
        return SideView(
            card=CardView.of(side.line, names),
            sex=profile.sex,
            birth_date_masked=side.birth_date,
            phone_masked=side.phone,
            id_kind=profile.id_kind,
            id_number_masked=side.id_number,
            uscc=profile.uscc,
            address_masked=side.address,
            occupation=profile.occupation,
            since=profile.since,
        )


class ComparisonView(BaseModel):
    """`differing` and `matching` name fields of which both have a value, compared in clear and shown masked."""

    one: SideView
    other: SideView
    differing: list[str]
    matching: list[str]
    certain: bool
    reasons: list[likeness.Reason]
    kinds_differ: bool
    identities_differ: bool


class DifferentBody(BaseModel):
    one_id: UUID
    other_id: UUID
    reason: ShortText


@router.get("/duplicates", permission="customers.merge", data=Data.CUSTOMER)
async def list_duplicates(
    ctx: Caller, after: Annotated[Cursor | None, Query()] = None, limit: Annotated[PageSize, Query()] = 30
) -> DuplicatePage:
    position = read_cursor(after, int, int, int)
    found = await duplicate.list_open(ctx, after=position, limit=limit)
    following = write_cursor(*found.items[-1].row_key) if found.more else None
    return DuplicatePage(items=[DuplicateView.of(one, found.names) for one in found.items], next=following)


@router.get("/customers/{customer_id}/duplicates", permission="customers.merge", data=Data.CUSTOMER, raises=(NotFound,))
async def find_duplicates(ctx: Caller, customer_id: UUID) -> DuplicatesView:
    found = await duplicate.list_of(ctx, customer_id=customer_id)
    return DuplicatesView(items=[DuplicateView.of(one, found.names) for one in found.items])


@router.get(
    "/customers/{customer_id}/comparison",
    permission="customers.merge",
    data=Data.CUSTOMER,
    raises=(NotFound, merge.AlreadyMerged),
)
async def compare_customers(ctx: Caller, customer_id: UUID, other_id: Annotated[UUID, Query()]) -> ComparisonView:
    found = await duplicate.compare(ctx, one_id=customer_id, other_id=other_id)
    one, other = (SideView.of(side, found.names) for side in found.sides)
    return ComparisonView(
        one=one,
        other=other,
        differing=list(found.differing),
        matching=list(found.matching),
        certain=found.like is not None and found.like.score >= likeness.CERTAIN,
        reasons=list(found.like.reasons) if found.like else [],
        kinds_differ=found.kinds_differ,
        identities_differ=found.identities_differ,
    )


@router.post(
    "/duplicates/dismissals",
    permission="customers.merge",
    data=Data.CUSTOMER,
    write=Write.NATURAL,
    status=204,
    raises=(NotFound, merge.AlreadyMerged),
)
async def declare_different(ctx: Caller, body: DifferentBody) -> None:
    await duplicate.declare_different(ctx, one_id=body.one_id, other_id=body.other_id, reason=body.reason)
