"""Tasks for tests: asked for as other rooms ask, over the customers of a small bank."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from haoyou.centers.customers.contract import Card
from haoyou.centers.customers.tests.factories import Someone, make_customers
from haoyou.centers.identity.tests.factories import BANK_DATE, CURRENCY, Bank
from haoyou.centers.tasks import contract
from haoyou.kernel.db.engine import role_of
from haoyou.kernel.house import House
from haoyou.kernel.ids import new_id
from haoyou.kernel.message import Message
from haoyou.kernel.names import Name
from haoyou.kernel.testing.client import Client

ROOM = "/api/tasks/v1"
NO_TASK = "00000000-0000-7000-8000-000000000000"
GOOD = {"title": "送存单", "due_on": "2026-11-20"}

Ask = Callable[..., Awaitable[None]]
Cards = list[Card]

TITLE, WHY = Name("大额资金流入", "Large inflow"), Name("昨日到账30万", "300,000 came in yesterday")


def day(days: int) -> date:
    """So many days after the bank's day."""
    return BANK_DATE + timedelta(days=days)


CUSTOMERS = (
    Someone("C1", "王芳", "O11", "RM-O11"),
    Someone("C2", None, "O11", "RM-O11"),
    Someone("C3", "李强", "O21", "RM-O21"),
    Someone("C4", "南宁某某公司", "O11", "RMC-O11", line="corporate"),
)


async def make_cards(house: House) -> list[Card]:
    """Customers 1 and 2 of RM-O11, 3 of RM-O21 and 4, a firm, of RMC-O11."""
    made = await make_customers(house, *CUSTOMERS)
    cards = [made[one.code] for one in CUSTOMERS]
    assert [card.no for card in cards] == [1, 2, 3, 4]
    return cards


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


async def make_own(client: Client, code: str = "RM-O11", **body: Any) -> dict[str, Any]:
    answer = await client.as_staff(code).post(f"{ROOM}/tasks", json=GOOD | body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def read(client: Client, path: str, code: str = "RM-O11") -> Any:
    answer = await client.as_staff(code).get(ROOM + path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    """Field and code of each fault that a refused request has."""
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid"), answer.text
    return [(one["field"], one["code"]) for one in problem["errors"]]
