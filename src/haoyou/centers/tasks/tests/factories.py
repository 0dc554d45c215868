"""Tasks for tests: asked for as other rooms ask, over the customers of a small bank."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import text

from haoyou.centers.customers.contract import Card, CustomersPort
from haoyou.centers.identity.tests.factories import BANK_DATE, CURRENCY, Bank
from haoyou.centers.tasks import contract
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.db.engine import role_of
from haoyou.kernel.house import House
from haoyou.kernel.ids import new_id
from haoyou.kernel.message import Message
from haoyou.kernel.money import Money
from haoyou.kernel.names import Name

TITLE, WHY = Name("大额资金流入", "Large inflow"), Name("昨日到账30万", "300,000 came in yesterday")


def day(days: int) -> date:
    """So many days after the bank's day."""
    return BANK_DATE + timedelta(days=days)


class Cards(CustomersPort):
    """Customers who are nothing but their cards, each shown to whoever may see it."""

    def __init__(self, *cards: Card) -> None:
        self._cards = cards

    async def get_many(self, ctx: Ctx, *, numbers: tuple[int, ...]) -> tuple[Card, ...]:
        assert 0 < len(numbers) <= 200
        return tuple(card for card in self._cards if card.no in numbers and _shown(ctx, card))

    async def find_customer(self, ctx: Ctx, *, customer_id: UUID) -> Card | None:
        return next((card for card in self._cards if card.id == customer_id and _shown(ctx, card)), None)


def _shown(ctx: Ctx, card: Card) -> bool:
    scope = ctx.principal.scope
    near = card.institution_id in scope.units or card.manager_id == scope.owner or card.no in scope.extra
    return scope.everything or (near and card.line in scope.lines)


def make_card(bank: Bank, no: int, manager: str, *, name: str | None = None, line: str = "retail") -> Card:
    """A customer of the outlet that the manager's code names."""
    return Card(
        no=no,
        id=UUID(int=no),
        code=f"C{no:06}",
        name=name,
        kind="person",
        line=line,
        tier="gold",
        aum=Money(50_000_00, CURRENCY),
        institution_id=bank.institutions[manager.split("-")[1]],
        manager_id=bank.staff[manager],
    )


def open_request(
    bank: Bank,
    assignee: str = "RM-O11",
    *,
    customer_no: int = 1,
    due_on: date = BANK_DATE,
    value_minor: int = 300_000_00,
    title: Name = TITLE,
    line: str = "retail",
    task_id: UUID | None = None,
) -> contract.OpenTask:
    """What marketing asks for: a task about a customer of the assignee's outlet."""
    task_id = task_id or new_id()
    return contract.OpenTask(
        task_id=task_id,
        origin=contract.Origin("marketing", "opportunity", f"opportunity of {task_id}"),
        customer_no=customer_no,
        institution_id=bank.institutions[assignee.split("-")[1]],
        assignee_id=bank.staff[assignee],
        line=line,
        title=title,
        why=WHY,
        due_on=due_on,
        value_minor=value_minor,
        currency=CURRENCY,
    )


async def tell(house: House, *messages: Message) -> None:
    """As another room would, in one transaction."""
    async with house.service_ctx("identity").write() as tx:
        for message in messages:
            tx.tell(message)


async def deliver_again(house: House) -> None:
    """What happens when the relay dies after the effect and before it noted the delivery."""
    async with house.engine.begin() as connection:
        await connection.execute(text("select set_config('role', :role, true)"), {"role": role_of("kernel")})
        await connection.execute(text("update kernel.outbox set delivered_at = null"))
