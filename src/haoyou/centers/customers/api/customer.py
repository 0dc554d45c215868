"""HTTP of customers: one customer's page, reveal, consents."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import Row

from haoyou.centers.customers import contract, governor, kinship, paperwork, service
from haoyou.centers.customers.api.view import CardView, ContactView, StaffRef, share_bps
from haoyou.kernel.errors import NotFound
from haoyou.kernel.masking import AccountNumber, Address, BirthDate, IdNumber, Phone
from haoyou.kernel.money import Money
from haoyou.kernel.web.fields import Cursor, MoneyView, NameView, PageSize, ShortText
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data, Write

router = Router("customers")


class ProfileView(BaseModel):
    kind: str
    sex: str | None
    birth_date_masked: BirthDate | None
    phone_masked: Phone | None
    id_kind: str | None
    id_number_masked: IdNumber | None
    uscc: str | None
    since: date
    address_masked: Address | None
    occupation: str | None
    risk_level: int | None
    refused_channels: list[contract.Channel]


class HoldingView(BaseModel):
    id: int
    account_masked: AccountNumber
    kind: str
    product: str | None
    balance: MoneyView
    principal: MoneyView | None
    opened_on: date
    closed_on: date | None
    as_of: date
    rate_ppm: int | None
    matures_on: date | None
    limit: MoneyView | None
    status: str | None

    @staticmethod
    def of(row: Row[Any], account: AccountNumber) -> "HoldingView":
        principal = None if row.principal_minor is None else Money(row.principal_minor, row.currency)
        return HoldingView(
            id=row.id,
            account_masked=account,
            kind=row.kind,
            product=row.product,
            balance=MoneyView.of(Money(row.balance_minor, row.currency)),
            principal=principal and MoneyView.of(principal),
            opened_on=row.opened_on,
            closed_on=row.closed_on,
            as_of=row.as_of,
            rate_ppm=row.rate_ppm,
            matures_on=row.matures_on,
            limit=None if row.limit_minor is None else MoneyView.of(Money(row.limit_minor, row.currency)),
            status=row.status,
        )


class TotalsView(BaseModel):
    """Sums of the holdings in the bank's own currency; `other_currencies`: there are others, which are not in them."""

    other_currencies: bool
    deposits: MoneyView
    loans: MoneyView
    aum: MoneyView
    as_of: date


class AssignmentView(BaseModel):
    staff: StaffRef
    kind: str
    from_date: date
    to_date: date | None


class PartLineView(BaseModel):
    id: str
    title: NameView
    detail: NameView
    status: str
    on: date
    amount: MoneyView | None

    @staticmethod
    def of(line: contract.PartLine) -> "PartLineView":
        return PartLineView(
            id=line.id,
            title=NameView.of(line.title),
            detail=NameView.of(line.detail),
            status=line.status,
            on=line.on,
            amount=line.amount and MoneyView.of(line.amount),
        )


class LinkedView(BaseModel):
    id: UUID
    number: str
    name: str | None
    kind: str


class LinkView(BaseModel):
    """One of the relationships that hold, seen from this customer; `other` is null where the reader may not see it."""

    kind: kinship.Kind
    outward: bool
    share_bps: int | None
    other: LinkedView | None

    @staticmethod
    def of(row: Row[Any]) -> "LinkView":
        other = row.id and LinkedView(id=row.id, number=row.code, name=row.name, kind=row.other_kind)
        return LinkView(kind=row.kind, outward=row.outward, share_bps=share_bps(row.share_ppm), other=other)


class LinksView(BaseModel):
    """The first few, and how many there are."""

    items: list[LinkView]
    total: int


class WarningView(BaseModel):
    """A document that is missing, ends soon or has ended."""

    kind: str
    name: NameView
    state: paperwork.State
    expires_on: date | None


class MergedView(BaseModel):
    """Another number under which the bank knows this customer, and the merge by which it is so."""

    merge_id: UUID
    number: str
    name: str | None
    kind: str
    merged_by: StaffRef
    merged_on: date
    reason: str

    @staticmethod
    def of(row: Row[Any], names: service.Names) -> "MergedView":
        return MergedView(
            merge_id=row.id,
            number=row.loser_code,
            name=row.loser_name,
            kind=row.loser_kind,
            merged_by=StaffRef(id=row.merged_by, name=names.staff.get(row.merged_by, "")),
            merged_on=row.merged_on,
            reason=row.reason,
        )


class CustomerView(BaseModel):
    card: CardView
    profile: ProfileView
    warnings: list[WarningView]
    links: LinksView
    holdings: list[HoldingView]
    totals: TotalsView
    contacts: list[ContactView]
    assignments: list[AssignmentView]
    merged: list[MergedView]
    parts: dict[str, list[PartLineView]]


class ContactPage(BaseModel):
    items: list[ContactView]
    next: str | None


class RevealBody(BaseModel):
    field: Literal["phone", "id_number", "birth_date", "address"]
    reason: Annotated[ShortText, Field(min_length=4)]


class RevealView(BaseModel):
    value: str


class ConsentBody(BaseModel):
    channel: contract.Channel
    granted: bool


@router.get("/customers/{customer_id}", permission="customers.read", data=Data.CUSTOMER, raises=(NotFound,))
async def get_customer(ctx: Caller, customer_id: UUID) -> CustomerView:
    found = await service.get_customer(ctx, customer_id=customer_id)
    deposits, loans = found.totals
    profile, line, names = found.profile, found.line, found.names
    return CustomerView(
        card=CardView.of(line, names),
        profile=ProfileView(
            kind=profile.kind,
            sex=profile.sex,
            birth_date_masked=found.birth_date,
            phone_masked=line.phone,
            id_kind=profile.id_kind,
            id_number_masked=found.id_number,
            uscc=profile.uscc,
            since=profile.since,
            address_masked=found.address,
            occupation=profile.occupation,
            risk_level=profile.risk_level,
            refused_channels=[contract.Channel(one) for one in found.refused_channels],
        ),
        warnings=[
            WarningView(
                kind=entry.kind.code,
                name=NameView.of(entry.kind.name),
                state=entry.state,
                expires_on=entry.word.expires_on if entry.word else None,
            )
            for entry in found.documents
            if entry.is_warning
        ],
        links=LinksView(
            items=[LinkView.of(row) for row in found.links], total=found.links[0].total if found.links else 0
        ),
        holdings=[HoldingView.of(row, account) for row, account in found.holdings],
        totals=TotalsView(
            deposits=MoneyView.of(deposits),
            loans=MoneyView.of(loans),
            aum=MoneyView.of(line.card.aum),
            as_of=line.as_of,
            other_currencies=any(row.currency != deposits.currency for row, _ in found.holdings),
        ),
        contacts=[ContactView.of(row, names, found.reports) for row in found.contacts],
        assignments=[
            AssignmentView(
                staff=StaffRef(id=row.staff_id, name=names.staff.get(row.staff_id, "")),
                kind=row.kind,
                from_date=row.from_date,
                to_date=row.to_date,
            )
            for row in found.assignments
        ],
        merged=[MergedView.of(row, names) for row in found.merged],
        parts={part.kind: [PartLineView.of(one) for one in part.lines] for part in found.parts},
    )


@router.get("/customers/{customer_id}/contacts", permission="customers.read", data=Data.CUSTOMER, raises=(NotFound,))
async def list_contacts(
    ctx: Caller,
    customer_id: UUID,
    after: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[PageSize, Query()] = 30,
) -> ContactPage:
    position = read_cursor(after, datetime, UUID)
    rows, reports, more, names = await service.list_contacts(
        ctx, customer_id=customer_id, after=(position[0], position[1]) if position else None, limit=limit
    )
    following = write_cursor(rows[-1].made_at.isoformat(), rows[-1].id) if more else None
    return ContactPage(items=[ContactView.of(row, names, reports) for row in rows], next=following)


@router.post(
    "/customers/{customer_id}/reveal",
    permission="customers.reveal",
    data=Data.CUSTOMER,
    write=Write.NATURAL,
    raises=(NotFound,),
)
async def reveal(ctx: Caller, customer_id: UUID, body: RevealBody) -> RevealView:
    value = await service.reveal(ctx, customer_id=customer_id, field=body.field, reason=body.reason)
    return RevealView(value=value)


@router.post(
    "/customers/{customer_id}/consents",
    permission="customers.consent",
    data=Data.CUSTOMER,
    write=Write.NATURAL,
    status=204,
    raises=(NotFound,),
)
async def set_consent(ctx: Caller, customer_id: UUID, body: ConsentBody) -> None:
    await governor.set_consent(ctx, customer_id=customer_id, channel=body.channel, granted=body.granted)
