"""What the pages of marketing share: names, rules, one line of an opportunity, its result."""

from datetime import date
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from haoyou.centers.customers.contract import Card, ContactOutcome
from haoyou.centers.identity.contract import Institution
from haoyou.centers.marketing import rules, service, wording
from haoyou.centers.marketing.contract import ResultKind, RuleCode
from haoyou.kernel.web.fields import MoneyView, NameView
from haoyou.lake.discovery.definition import BY_CODE


class ShownStatus(StrEnum):
    """A status that people see; who is held out for comparison is nobody's to see."""

    OPEN = "open"
    CONTACTED = "contacted"
    CLOSED = "closed"
    SUPPRESSED = "suppressed"


class RuleView(BaseModel):
    code: RuleCode
    version: int
    name: NameView

    @staticmethod
    def of(one: rules.Opportunity) -> "RuleView":
        name = wording.text_of(one.rule, one.rule_version).name
        return RuleView(code=RuleCode(one.rule), version=one.rule_version, name=NameView.of(name))


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
    kind: Literal["loan", "card", "term", "wealth"]
    opened_on: date


class ResultView(BaseModel):
    """`held_share_bps`: the share of the amount still or again there, in hundredths of a percent.

    `version` is that of the rule of the result; `in_money` says whether the result is measured in money at all.
    """

    kind: ResultKind
    held_share_bps: int
    held_amount: MoneyView
    products: list[ProductOpenedView]
    booked_on: date
    version: int
    in_money: bool

    @staticmethod
    def of(one: rules.Result, *, rule: str) -> "ResultView":
        return ResultView(
            kind=one.kind,
            held_share_bps=one.held_share_bps,
            held_amount=MoneyView.of(one.held),
            products=[ProductOpenedView(kind=each.kind, opened_on=each.opened_on) for each in one.products],
            booked_on=one.booked_on,
            version=one.version,
            in_money=not BY_CODE[rule].by_opening,
        )


class OpportunityLine(BaseModel):
    id: UUID
    customer: CustomerName
    rule: RuleView
    need: NameView
    why: NameView
    value: MoneyView
    status: ShownStatus
    raised_on: date
    expires_on: date
    last_outcome: ContactOutcome | None
    result: ResultView | None

    @staticmethod
    def of(line: service.Line) -> "OpportunityLine":
        one = line.opportunity
        text = wording.text_of(one.rule, one.rule_version)
        return OpportunityLine(
            id=one.id,
            customer=CustomerName.of(line.customer),
            rule=RuleView.of(one),
            need=NameView.of(text.need),
            why=NameView.of(text.why(one.value, one.facts)),
            value=MoneyView.of(one.value),
            status=ShownStatus(one.status.value),
            raised_on=one.raised_on,
            expires_on=one.expires_on,
            last_outcome=one.last_outcome,
            result=ResultView.of(one.result, rule=one.rule) if one.result else None,
        )
