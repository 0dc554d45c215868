"""HTTP of customers: what a customer had, day by day."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from haoyou.centers.customers import detail, rules
from haoyou.kernel.errors import NotFound
from haoyou.kernel.money import Money
from haoyou.kernel.web.fields import MoneyView
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.policy import Data

router = Router("customers")


class PositionView(BaseModel):
    """At the end of this bank day, and until the next row."""

    on: date
    deposits: MoneyView
    wealth: MoneyView
    loans: MoneyView

    @staticmethod
    def of(row: rules.Position) -> "PositionView":
        return PositionView(
            on=row.bank_date,
            deposits=MoneyView.of(Money(row.deposits_minor, row.currency)),
            wealth=MoneyView.of(Money(row.wealth_minor, row.currency)),
            loans=MoneyView.of(Money(row.loans_minor, row.currency)),
        )


class PositionsView(BaseModel):
    """Only days on which something changed; the first may lie before `since` and says what was had then."""

    since: date
    on: date
    items: list[PositionView]


@router.get("/customers/{customer_id}/positions", permission="customers.read", data=Data.CUSTOMER, raises=(NotFound,))
async def list_positions(
    ctx: Caller, customer_id: UUID, months: Annotated[int, Query(), Field(ge=1, le=detail.MONTHS_MAX)] = 12
) -> PositionsView:
    found = await detail.list_positions(ctx, customer_id=customer_id, months=months)
    return PositionsView(since=found.since, on=found.on, items=[PositionView.of(row) for row in found.rows])
