"""HTTP of marketing: opportunities, and the contacts made for them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Header, Query, Response
from pydantic import BaseModel

from haoyou.centers.customers.contract import Channel, ContactOutcome, ContactRefused
from haoyou.centers.marketing import contact, rules, service, wording
from haoyou.centers.marketing.api.view import InstitutionName, ManagerName, OpportunityLine, RuleView, ShownStatus
from haoyou.centers.marketing.contract import RuleCode, Status, SuppressedReason
from haoyou.kernel.errors import Conflict, NotFound
from haoyou.kernel.web.fields import Cursor, Day, LongText, MoneyView, NameView, PageSize, Version
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data, Write
from haoyou.kernel.web.problem import invalid_field

router = Router("marketing")


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


class FactorView(BaseModel):
    """`figure` is written as staff read it."""

    code: Literal["propensity", "tier", "time", "value", "lever"]
    figure: str


class DecisionView(BaseModel):
    """Why this one and not another: `score` in thousandths is the product of the factors."""

    score: int
    factors: list[FactorView]

    @staticmethod
    def of(one: rules.Factors) -> "DecisionView":
        return DecisionView(
            score=one.score,
            factors=[FactorView(code=code, figure=figure) for code, figure in wording.factor_texts(one)],
        )


class WinnerView(BaseModel):
    """The opportunity of the same customer and day that went before."""

    id: UUID
    rule: RuleView


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
    decision: DecisionView | None
    outscored_by: WinnerView | None

    @staticmethod
    def present(card: service.CardView) -> "OpportunityView":
        one, customer = card.line.opportunity, card.line.customer
        text = wording.text_of(one.rule, one.rule_version)
        winner = card.winner
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
                for each in wording.evidence(text, one.value, one.raised_on, one.facts)
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
            decision=DecisionView.of(one.factors) if one.factors else None,
            outscored_by=WinnerView(id=winner.id, rule=RuleView.of(winner)) if winner else None,
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


@router.get("/opportunities", permission="marketing.read", data=Data.CUSTOMER)
async def list_opportunities(
    ctx: Caller,
    status: Annotated[ShownStatus | None, Query()] = None,
    rule: Annotated[RuleCode | None, Query()] = None,
    after: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[PageSize, Query()] = 30,
) -> OpportunityPage:
    wanted = Status(status.value) if status else None
    lines, following = await service.list_opportunities(
        ctx, status=wanted, rule=rule, after=_position(after), limit=limit
    )
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
