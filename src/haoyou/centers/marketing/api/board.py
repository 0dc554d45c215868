"""HTTP of marketing: what became of it, on the board and by arm."""

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from haoyou.centers.marketing import result, rules, wording
from haoyou.centers.marketing.api.view import InstitutionName, ManagerName, OpportunityLine
from haoyou.centers.marketing.contract import Arm, RuleCode, SuppressedReason
from haoyou.kernel.money import Money
from haoyou.kernel.web.fields import Day, MoneyView, NameView
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.policy import Data

router = Router("marketing")


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


class ArmTotalsView(BaseModel):
    """`taken` and `suppressed` make `raised`; `taken` is dispatched, in the control arm held out."""

    rule: RuleCode
    name: NameView
    arm: Arm
    raised: int
    taken: int
    suppressed: int
    booked: int
    won: int
    held_amount: MoneyView

    @staticmethod
    def of(one: rules.ArmTotals, currency: str) -> "ArmTotalsView":
        return ArmTotalsView(
            rule=RuleCode(one.rule),
            name=NameView.of(wording.newest_text(one.rule).name),
            arm=one.arm,
            raised=one.raised,
            taken=one.taken,
            suppressed=one.suppressed,
            booked=one.booked,
            won=one.won,
            held_amount=MoneyView(minor=one.held_minor, currency=currency),
        )


class ArmsView(BaseModel):
    as_of: date
    rows: list[ArmTotalsView]


@router.get("/results", permission="marketing.results", data=Data.CUSTOMER)
async def get_results(
    ctx: Caller,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
) -> BoardView:
    board = await result.get_board(ctx, first=first, last=last)
    return BoardView(
        as_of=board.as_of,
        definition=NameView.of(wording.RESULTS_DEFINITION),
        totals=BoardTotalsView.of(board.totals, board.currency),
        suppressed=[SuppressedView(reason=reason, count=count) for reason, count in board.suppressed],
        rows=[StandingView.of(row, board.currency) for row in board.rows],
        opportunities=[OpportunityLine.of(line) for line in board.lines],
    )


@router.get("/results/arms", permission="marketing.arms", data=Data.CUSTOMER)
async def get_arms(
    ctx: Caller,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
) -> ArmsView:
    arms = await result.get_arms(ctx, first=first, last=last)
    return ArmsView(as_of=arms.as_of, rows=[ArmTotalsView.of(one, arms.currency) for one in arms.rows])
