"""A few customers of the small bank, as its feed would bring them, and signals about them."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from haoyou.centers.customers.contract import Card
from haoyou.centers.customers.tests.factories import Someone, make_customers
from haoyou.centers.identity.contract import AdvanceBusinessDate
from haoyou.centers.identity.tests.factories import BANK_DATE, CURRENCY
from haoyou.centers.insight.contract import Figure, Finding, SignalsFound
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


def inflow_figures(
    count: int = 6, total: int = 36_500_00, before: int = 1_234_56, counterparty: str | None = None
) -> tuple[Figure, ...]:
    """By default six credits of 36,500.00 together: 32,000.00 is 5.26 times their mean."""
    return (
        Figure("history_count", count),
        Figure("history_sum_minor", total),
        Figure("balance_before_minor", before),
        Figure("counterparty", counterparty),
    )


SIGNAL = Finding(
    id=UUID(int=0),
    rule="large_inflow",
    rule_version=1,
    customer_no=1,
    account_code="A1",
    raised_by="T1",
    bank_date=BANK_DATE,
    judged_on=BANK_DATE + timedelta(days=30),
    amount_minor=32_000_00,
    currency=CURRENCY,
    figures=inflow_figures(),
)

OTHER_FIGURES: dict[str, tuple[Figure, ...]] = {
    "deposit_maturing": (Figure("matures_on", "2026-12-04"), Figure("days_left", 14), Figure("rate_ppm", 15_000)),
    "balance_runoff": (Figure("recent_average_minor", 4_000_00), Figure("before_average_minor", 100_000_00)),
    "salary_moved": (Figure("last_on", "2026-10-01"), Figure("days_since", 50), Figure("months", 6)),
    "idle_balance": (Figure("last_on", "2026-09-01"), Figure("days_since", 80)),
    "loan_ending": (Figure("due_on", "2026-12-30"), Figure("paid_off_on", None)),
    "business_growth": (Figure("recent_minor", 30_000_00), Figure("before_minor", 20_000_00)),
}


def signal(customer: Card | int, transaction: str = "T1", **changes: object) -> Finding:
    """A signal about this customer (or whoever has this number); its id follows from what raised it."""
    no = customer if isinstance(customer, int) else customer.no
    on = changes.get("bank_date", BANK_DATE)
    assert isinstance(on, date)
    named: dict[str, object] = {"id": uuid5(NAMESPACE_OID, transaction), "customer_no": no, "raised_by": transaction}
    named |= {"account_code": f"A{no}", "judged_on": on + timedelta(days=30)}
    if (rule := str(changes.get("rule", "large_inflow"))) in OTHER_FIGURES:
        named["figures"] = OTHER_FIGURES[rule]
    return replace(SIGNAL, **named | changes)  # pyright: ignore[reportArgumentType]


async def tell(house: House, room: str, message: Message) -> None:
    """As if that room had told it."""
    async with house.service_ctx(room).write() as tx:
        tx.tell(message)


async def tell_signals(house: House, *signals: Finding) -> None:
    await tell(house, "insight", SignalsFound(bank_date=signals[0].bank_date, signals=signals))


async def begin_day(house: House, bank_date: date) -> None:
    await tell(house, "backoffice", AdvanceBusinessDate(business_date=bank_date, currency=CURRENCY))


def id_of(one: Finding) -> UUID:
    """The opportunity of a signal."""
    return rules.opportunity_id(one.id)


def day(days: int) -> date:
    """So many days after the bank's day."""
    return BANK_DATE + timedelta(days=days)
