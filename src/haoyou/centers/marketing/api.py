"""HTTP of marketing: opportunities, the contacts made for them, and what became of the money."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Header, Query, Response
from pydantic import BaseModel

from haoyou.centers.customers.contract import Card, Channel, ContactOutcome, ContactRefused
from haoyou.centers.identity.contract import Institution
from haoyou.centers.marketing import contact, result, rules, service
from haoyou.centers.marketing.contract import ResultKind, Status, SuppressedReason
from haoyou.kernel.errors import Conflict, NotFound
from haoyou.kernel.money import Money
from haoyou.kernel.web.fields import Cursor, Day, LongText, MoneyView, NameView, PageSize, Version
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data, Write
from haoyou.kernel.web.problem import invalid_field

router = Router("marketing")


class CustomerName(BaseModel):
    """`name` is null when the bank gave none; `number` is the bank's own."""

    id: UUID
    name: str | None
    number: str

    @staticmethod
    def of(card: Card) -> "CustomerName":
        return CustomerName(id=card.id, name=card.name, number=card.code)


class ManagerName(BaseModel):
    id: int
    name: str


class InstitutionName(BaseModel):
    id: int
    name: NameView

    @staticmethod
    def of(one: Institution) -> "InstitutionName":
        return InstitutionName(id=one.id, name=NameView.of(one.name))


class ProductOpenedView(BaseModel):
    kind: Literal["loan", "card"]
    opened_on: date


class ResultView(BaseModel):
    """`held_share_bps`: the share of the inflow still there, in hundredths of a percent."""

    kind: ResultKind
    held_share_bps: int
    held_amount: MoneyView
    products: list[ProductOpenedView]
    booked_on: date

    @staticmethod
    def of(one: rules.Result) -> "ResultView":
        return ResultView(
            kind=one.kind,
            held_share_bps=one.held_share_bps,
            held_amount=MoneyView.of(one.held),
            products=[ProductOpenedView(kind=each.kind, opened_on=each.opened_on) for each in one.products],
            booked_on=one.booked_on,
        )


class OpportunityLine(BaseModel):
    id: UUID
    customer: CustomerName
    need: NameView
    why: NameView
    value: MoneyView
    status: Status
    raised_on: date
    expires_on: date
    last_outcome: ContactOutcome | None
    result: ResultView | None

    @staticmethod
    def of(line: service.Line) -> "OpportunityLine":
        one = line.opportunity
        return OpportunityLine(
            id=one.id,
            customer=CustomerName.of(line.customer),
            need=NameView.of(rules.text_of(one.rule, one.rule_version).need),
            why=NameView.of(rules.why(one.value, one.facts)),
            value=MoneyView.of(one.value),
            status=one.status,
            raised_on=one.raised_on,
            expires_on=one.expires_on,
            last_outcome=one.last_outcome,
            result=ResultView.of(one.result) if one.result else None,
        )


class OpportunityPage(BaseModel):
    items: list[OpportunityLine]
    next: str | None


class EvidenceView(BaseModel):
    label: NameView
    value: str
    kind: Literal["money", "date", "number", "text"]
    money: MoneyView | None


class ProductView(BaseModel):
    code: str
    name: NameView


class RuleView(BaseModel):
    code: str
    version: int
    name: NameView


class CustomerCard(BaseModel):
    phone_masked: str | None
    tier: str
    aum: MoneyView


class MadeContactView(BaseModel):
    """`made_on` is the bank's day, `made_at` the moment it was written down."""

    id: UUID
    channel: Channel
    outcome: ContactOutcome
    note: str | None
    staff: ManagerName
    made_on: date
    made_at: datetime
    next_on: date | None

    @staticmethod
    def of(one: rules.Contact, names: Mapping[int, str]) -> "MadeContactView":
        return MadeContactView(
            id=one.id,
            channel=one.channel,
            outcome=one.outcome,
            note=one.note or None,
            staff=ManagerName(id=one.staff_id, name=names.get(one.staff_id, "")),
            made_on=one.bank_date,
            made_at=one.made_at,
            next_on=one.next_on,
        )


class DraftBody(BaseModel):
    """A contact while it is written down: nothing is required yet."""

    channel: Channel | None = None
    outcome: ContactOutcome | None = None
    note: LongText | None = None
    next_on: Day | None = None
    reservation_id: UUID | None = None


class DraftView(DraftBody):
    """Version 0 is the empty sheet."""

    version: int
    saved_at: datetime | None

    @staticmethod
    def of(one: rules.Draft) -> "DraftView":
        return DraftView(
            channel=one.channel,
            outcome=one.outcome,
            note=one.note,
            next_on=one.next_on,
            reservation_id=one.reservation_id,
            version=one.version,
            saved_at=one.saved_at,
        )


class OpportunityView(OpportunityLine):
    evidence: list[EvidenceView]
    script: NameView
    product: ProductView
    manager: ManagerName | None
    institution: InstitutionName | None
    customer_card: CustomerCard
    contacts: list[MadeContactView]
    suppressed_reason: SuppressedReason | None
    version: int
    draft: DraftView | None
    rule: RuleView

    @staticmethod
    def present(card: service.CardView) -> "OpportunityView":
        one, customer = card.line.opportunity, card.line.customer
        text = rules.text_of(one.rule, one.rule_version)
        manager = card.staff.get(one.manager_id)
        return OpportunityView(
            **dict(OpportunityLine.of(card.line)),
            evidence=[
                EvidenceView(
                    label=NameView.of(each.label),
                    value=each.value,
                    kind=each.kind,
                    money=MoneyView.of(each.money) if each.money else None,
                )
                for each in rules.evidence(one.value, one.raised_on, one.facts)
            ],
            script=NameView.of(text.script),
            product=ProductView(code=text.product.code, name=NameView.of(text.product.name)),
            manager=ManagerName(id=one.manager_id, name=manager) if manager else None,
            institution=InstitutionName.of(card.institution) if card.institution else None,
            customer_card=CustomerCard(
                phone_masked=card.phone_masked, tier=customer.tier, aum=MoneyView.of(customer.aum)
            ),
            contacts=[MadeContactView.of(each, card.staff) for each in card.contacts],
            suppressed_reason=one.suppressed_reason,
            version=one.version,
            draft=DraftView.of(card.draft) if card.draft.version else None,
            rule=RuleView(code=one.rule, version=one.rule_version, name=NameView.of(text.name)),
        )


class ReservationBody(BaseModel):
    """`id` is made by the client: asking again with it answers the same reservation."""

    id: UUID
    channel: Channel


class ReservationView(BaseModel):
    """`phone` is in clear, and only for a call."""

    id: UUID
    channel: Channel
    expires_at: datetime
    phone: str | None


class ContactBody(BaseModel):
    """`next_on` is required when nobody was reached or the customer is interested."""

    channel: Channel
    outcome: ContactOutcome
    note: LongText | None = None
    next_on: Day | None = None
    reservation_id: UUID | None = None


class Rate(BaseModel):
    won: int
    of: int


class BoardTotalsView(BaseModel):
    """`dispatched` and `suppressed` make `raised`, `booked` and `pending` `dispatched`, the three kinds `booked`."""

    raised: int
    dispatched: int
    suppressed: int
    contacted: int
    booked: int
    held: int
    product: int
    left: int
    pending: int
    inflow: MoneyView
    held_amount: MoneyView
    rate_contacted: Rate
    rate_untouched: Rate

    @staticmethod
    def of(one: rules.Totals, currency: str) -> "BoardTotalsView":
        return BoardTotalsView(
            raised=one.raised,
            dispatched=one.dispatched,
            suppressed=one.suppressed,
            contacted=one.contacted,
            booked=one.booked,
            held=one.held,
            product=one.product,
            left=one.left,
            pending=one.dispatched - one.booked,
            inflow=MoneyView(minor=one.inflow_minor, currency=currency),
            held_amount=MoneyView(minor=one.held_minor, currency=currency),
            rate_contacted=Rate(won=one.won_contacted, of=one.booked_contacted),
            rate_untouched=Rate(won=one.won_untouched, of=one.booked - one.booked_contacted),
        )


class SuppressedView(BaseModel):
    reason: SuppressedReason
    count: int


class StandingView(BaseModel):
    institution: InstitutionName | None
    staff: ManagerName | None
    dispatched: int
    contacted: int
    booked: int
    won: int
    held_amount: MoneyView

    @staticmethod
    def of(row: result.Row, currency: str) -> "StandingView":
        one = row.standing
        return StandingView(
            institution=InstitutionName.of(row.institution) if row.institution else None,
            staff=ManagerName(id=one.manager_id, name=row.staff) if row.staff else None,
            dispatched=one.dispatched,
            contacted=one.contacted,
            booked=one.booked,
            won=one.won,
            held_amount=MoneyView.of(Money(one.held_minor, currency)),
        )


class BoardView(BaseModel):
    as_of: date
    definition: NameView
    totals: BoardTotalsView
    suppressed: list[SuppressedView]
    rows: list[StandingView]
    opportunities: list[OpportunityLine]


@router.get("/opportunities", permission="marketing.read", data=Data.CUSTOMER)
async def list_opportunities(
    ctx: Caller,
    status: Annotated[Status | None, Query()] = None,
    after: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[PageSize, Query()] = 30,
) -> OpportunityPage:
    lines, following = await service.list_opportunities(ctx, status=status, after=_position(after), limit=limit)
    return OpportunityPage(
        items=[OpportunityLine.of(line) for line in lines], next=write_cursor(*following) if following else None
    )


def _position(after: str | None) -> tuple[date, UUID] | None:
    position = read_cursor(after, date, UUID)
    if position is None:
        return None
    day, last = position
    if day is None or last is None:
        raise invalid_field("after", "cursor", "not a position in this list; start again without it")
    return day, last


@router.get("/opportunities/{opportunity_id}", permission="marketing.read", data=Data.CUSTOMER, raises=(NotFound,))
async def get_opportunity(ctx: Caller, opportunity_id: UUID) -> OpportunityView:
    return OpportunityView.present(await service.get_card(ctx, opportunity_id=opportunity_id))


@router.post(
    "/opportunities/{opportunity_id}/reservations",
    permission="marketing.work",
    data=Data.CUSTOMER,
    write=Write.NATURAL,
    status=201,
    raises=(NotFound, rules.AlreadyClosed, ContactRefused),
)
async def reserve_contact(ctx: Caller, opportunity_id: UUID, body: ReservationBody) -> ReservationView:
    given = await contact.reserve(ctx, opportunity_id=opportunity_id, reservation_id=body.id, channel=body.channel)
    # The one number in clear: a person who calls must be able to dial it, and customers has put it into the audit.
    phone = given.phone.clear() if given.phone and given.channel is Channel.CALL else None
    return ReservationView(id=given.id, channel=given.channel, expires_at=given.expires_at, phone=phone)


@router.get("/opportunities/{opportunity_id}/draft", permission="marketing.work", data=Data.OWN, raises=(NotFound,))
async def get_draft(ctx: Caller, opportunity_id: UUID, response: Response) -> DraftView:
    draft = await contact.get_draft(ctx, opportunity_id=opportunity_id)
    response.headers["ETag"] = f'"{draft.version}"'
    return DraftView.of(draft)


@router.put(
    "/opportunities/{opportunity_id}/draft",
    permission="marketing.work",
    data=Data.OWN,
    write=Write.VERSION,
    raises=(NotFound, rules.AlreadyClosed),
)
async def save_draft(
    ctx: Caller, opportunity_id: UUID, body: DraftBody, version: Version, response: Response
) -> DraftView:
    draft = rules.Draft(
        channel=body.channel,
        outcome=body.outcome,
        note=body.note,
        next_on=body.next_on,
        reservation_id=body.reservation_id,
        version=version,
    )
    saved = await contact.save_draft(ctx, opportunity_id=opportunity_id, draft=draft)
    response.headers["ETag"] = f'"{saved.version}"'
    return DraftView.of(saved)


@router.post(
    "/opportunities/{opportunity_id}/contacts",
    permission="marketing.work",
    data=Data.CUSTOMER,
    write=Write.KEY,
    raises=(NotFound, Conflict, rules.AlreadyClosed, ContactRefused),
)
async def record_contact(
    ctx: Caller, opportunity_id: UUID, body: ContactBody, idempotency_key: Annotated[UUID, Header()]
) -> OpportunityView:
    report = contact.Report(
        channel=body.channel,
        outcome=body.outcome,
        note=body.note or "",
        next_on=body.next_on,
        reservation_id=body.reservation_id,
    )
    card = await contact.record(ctx, opportunity_id=opportunity_id, key=idempotency_key, report=report)
    return OpportunityView.present(card)


@router.get("/results", permission="marketing.results", data=Data.CUSTOMER)
async def get_results(
    ctx: Caller,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
) -> BoardView:
    board = await result.get_board(ctx, first=first, last=last)
    return BoardView(
        as_of=board.as_of,
        definition=NameView.of(rules.RESULTS_DEFINITION),
        totals=BoardTotalsView.of(board.totals, board.currency),
        suppressed=[SuppressedView(reason=reason, count=count) for reason, count in board.suppressed],
        rows=[StandingView.of(row, board.currency) for row in board.rows],
        opportunities=[OpportunityLine.of(line) for line in board.lines],
    )
