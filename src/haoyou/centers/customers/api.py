"""HTTP of customers: lists, search, the customer's page, reveal, consents."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import Row

from haoyou.centers.customers import contract, governor, rules, service
from haoyou.kernel.errors import NotFound
from haoyou.kernel.masking import AccountNumber, BirthDate, IdNumber, Phone
from haoyou.kernel.money import Money
from haoyou.kernel.web.fields import Cursor, MoneyView, NameView, PageSize, SearchText, ShortText
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data, Write

router = Router("customers")

_POSITIONS: dict[str, type] = {"aum": int, "name": str, "recent": date}


class StaffRef(BaseModel):
    id: int
    name: str


class InstitutionRef(BaseModel):
    id: int
    name: NameView


class CardView(BaseModel):
    """A customer in a list. `name` is null where the bank gives none; then the number stands for it."""

    id: UUID
    number: str
    name: str | None
    kind: str
    line: str
    tier: str
    aum: MoneyView
    phone_masked: Phone | None
    manager: StaffRef | None
    institution: InstitutionRef
    last_contact_on: date | None
    open_opportunities: int
    as_of: date

    @staticmethod
    def of(line: service.Line, names: service.Names) -> "CardView":
        card = line.card
        manager = card.manager_id
        return CardView(
            id=card.id,
            number=card.code,
            name=card.name,
            kind=card.kind,
            line=card.line,
            tier=card.tier,
            aum=MoneyView.of(card.aum),
            phone_masked=line.phone,
            manager=StaffRef(id=manager, name=names.staff.get(manager, "")) if manager else None,
            institution=_institution(card.institution_id, names),
            last_contact_on=line.last_contact_on,
            open_opportunities=line.open_opportunities,
            as_of=line.as_of,
        )


def _institution(number: int, names: service.Names) -> InstitutionRef:
    name = names.institutions.get(number)
    return InstitutionRef(id=number, name=NameView.of(name) if name else NameView(zh=str(number)))


class CardPage(BaseModel):
    items: list[CardView]
    next: str | None
    count: int | None


class SearchView(BaseModel):
    items: list[CardView]


class ProfileView(BaseModel):
    kind: str
    sex: str | None
    birth_date_masked: BirthDate | None
    phone_masked: Phone | None
    id_kind: str | None
    id_number_masked: IdNumber | None
    uscc: str | None
    since: date
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
        )


class TotalsView(BaseModel):
    deposits: MoneyView
    loans: MoneyView
    aum: MoneyView
    as_of: date


class ContactView(BaseModel):
    id: UUID
    channel: contract.Channel
    outcome: contract.ContactOutcome
    note: str
    staff: StaffRef
    made_at: datetime
    next_on: date | None

    @staticmethod
    def of(row: Row[Any], names: service.Names) -> "ContactView":
        return ContactView(
            id=row.id,
            channel=row.channel,
            outcome=row.outcome,
            note=row.note,
            staff=StaffRef(id=row.staff_id, name=names.staff.get(row.staff_id, "")),
            made_at=row.made_at,
            next_on=row.next_on,
        )


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


class CustomerView(BaseModel):
    card: CardView
    profile: ProfileView
    holdings: list[HoldingView]
    totals: TotalsView
    contacts: list[ContactView]
    assignments: list[AssignmentView]
    parts: dict[str, list[PartLineView]]


class ContactPage(BaseModel):
    items: list[ContactView]
    next: str | None


class RevealBody(BaseModel):
    field: Literal["phone", "id_number", "birth_date"]
    reason: Annotated[ShortText, Field(min_length=4)]


class RevealView(BaseModel):
    value: str


class ConsentBody(BaseModel):
    channel: contract.Channel
    granted: bool


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
            refused_channels=[contract.Channel(one) for one in found.refused_channels],
        ),
        holdings=[HoldingView.of(row, account) for row, account in found.holdings],
        totals=TotalsView(
            deposits=MoneyView.of(deposits),
            loans=MoneyView.of(loans),
            aum=MoneyView.of(line.card.aum),
            as_of=line.as_of,
        ),
        contacts=[ContactView.of(row, names) for row in found.contacts],
        assignments=[
            AssignmentView(
                staff=StaffRef(id=row.staff_id, name=names.staff.get(row.staff_id, "")),
                kind=row.kind,
                from_date=row.from_date,
                to_date=row.to_date,
            )
            for row in found.assignments
        ],
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
    rows, more, names = await service.list_contacts(
        ctx, customer_id=customer_id, after=(position[0], position[1]) if position else None, limit=limit
    )
    following = write_cursor(rows[-1].made_at.isoformat(), rows[-1].id) if more else None
    return ContactPage(items=[ContactView.of(row, names) for row in rows], next=following)


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
