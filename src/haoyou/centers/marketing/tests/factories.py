"""A few customers of the small bank, as its feed would bring them, and signals about them."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from haoyou.centers.customers.contract import Card
from haoyou.centers.customers.tests.factories import Someone, make_customers
from haoyou.centers.identity.contract import AdvanceBusinessDate
from haoyou.centers.identity.tests.factories import BANK_DATE, CURRENCY
from haoyou.centers.insight.contract import Signal, SignalsRaised
from haoyou.centers.marketing import rules
from haoyou.kernel.house import House
from haoyou.kernel.message import Message

PEOPLE = (
    Someone("C1", "王小明", "O11", "RM-O11", phone="13800000001"),
    Someone("C2", None, "O11"),
    Someone("C3", "李雷", "O21", "RM-O21"),
    Someone("C4", "韩梅梅", "O11", "RM-O11", assisting=("RM-O21",)),
    Someone("C5", None, "O12", "RM-O12", phone="13800000005"),
    Someone("K1", "好友商贸有限公司", "O11", "RMC-O11", line="corporate"),
)
"""Of everybody in the small bank somebody; nobody manages C2."""


async def make_people(house: House) -> dict[str, Card]:
    """All of PEOPLE, by code."""
    return await make_customers(house, *PEOPLE)


SIGNAL = Signal(
    id=UUID(int=0),
    rule="large_inflow",
    rule_version=1,
    customer_no=1,
    account_code="A1",
    transaction_code="T1",
    bank_date=BANK_DATE,
    amount_minor=32_000_00,
    currency=CURRENCY,
    history_count=6,
    history_sum_minor=36_500_00,
    balance_before_minor=1_234_56,
    counterparty=None,
)
"""32,000.00 against 6 credits of 36,500.00 together: 5.26 times their mean."""


def signal(customer: Card | int, transaction: str = "T1", **changes: object) -> Signal:
    """A signal about this customer (or whoever has this number); its id follows from the transaction."""
    no = customer if isinstance(customer, int) else customer.no
    account = changes.pop("account_code", f"A{no}")
    named = {"id": uuid5(NAMESPACE_OID, transaction), "customer_no": no, "transaction_code": transaction}
    return replace(SIGNAL, **named | {"account_code": account} | changes)  # pyright: ignore[reportArgumentType]


async def tell(house: House, room: str, message: Message) -> None:
    """As if that room had told it."""
    async with house.service_ctx(room).write() as tx:
        tx.tell(message)


async def tell_signals(house: House, *signals: Signal) -> None:
    await tell(house, "insight", SignalsRaised(bank_date=signals[0].bank_date, signals=signals))


async def begin_day(house: House, bank_date: date) -> None:
    await tell(house, "backoffice", AdvanceBusinessDate(business_date=bank_date, currency=CURRENCY))


def id_of(one: Signal) -> UUID:
    """The opportunity of a signal."""
    return rules.opportunity_id(one.id)


def day(days: int) -> date:
    """So many days after the bank's day."""
    return BANK_DATE + timedelta(days=days)
