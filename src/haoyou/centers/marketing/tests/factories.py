"""A few customers of the small bank, as its feed would bring them, and signals about them."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from haoyou.centers.backoffice import contract as backoffice
from haoyou.centers.customers import feed
from haoyou.centers.customers.contract import Card, CustomersPort
from haoyou.centers.identity.tests.factories import BANK_DATE, CURRENCY
from haoyou.centers.insight.contract import Signal, SignalsRaised
from haoyou.centers.marketing import rules
from haoyou.kernel.house import House
from haoyou.kernel.masking import Phone
from haoyou.kernel.message import Message

SOURCE = "core"
ASSISTED = "C4"
"""Managed by RM-O11, and RM-O21 assists."""


@dataclass(frozen=True, slots=True)
class Someone:
    code: str
    name: str | None
    institution: str
    manager: str | None
    line: str = "retail"


PEOPLE = (
    Someone("C1", "王小明", "O11", "RM-O11"),
    Someone("C2", None, "O11", None),
    Someone("C3", "李雷", "O21", "RM-O21"),
    Someone("C4", "韩梅梅", "O11", "RM-O11"),
    Someone("C5", None, "O12", "RM-O12"),
    Someone("K1", "好友商贸有限公司", "O11", "RMC-O11", line="corporate"),
)


def stamp(day: date = BANK_DATE) -> backoffice.Stamp:
    return backoffice.Stamp(SOURCE, day, datetime(2026, 11, 20, tzinfo=UTC), "r1", CURRENCY)


async def make_customers(house: House) -> dict[str, Card]:
    """All of PEOPLE, by code."""
    ctx = house.service_ctx("customers")
    facts = tuple(_fact(number, one) for number, one in enumerate(PEOPLE, start=1))
    await feed.take_customers(ctx, stamp=stamp(), rows=facts)
    given = [assignment(one.code, one.manager) for one in PEOPLE if one.manager]
    given.append(assignment(ASSISTED, "RM-O21", kind="assisting"))
    await feed.take_assignments(house.service_ctx("customers"), stamp=stamp(), rows=tuple(given))
    port = house.ports.open(CustomersPort)
    cards = await port.find_codes(house.service_ctx("marketing"), codes=tuple(one.code for one in PEOPLE))
    return {card.code: card for card in cards}


def _fact(number: int, one: Someone) -> backoffice.CustomerFact:
    return backoffice.CustomerFact(
        code=one.code,
        kind="person" if one.line == "retail" else "organisation",
        name=one.name,
        institution_code=one.institution,
        line=one.line,
        birth_date=None,
        sex=None,
        phone=Phone(f"1380000{number:04}"),
        id_kind=None,
        id_number=None,
        uscc=None,
        since=date(2020, 1, 1),
    )


def assignment(
    customer: str, staff: str, *, kind: str = "primary", from_date: date = date(2020, 1, 1), to_date: date | None = None
) -> backoffice.AssignmentFact:
    return backoffice.AssignmentFact(customer, staff, kind, from_date, to_date)


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


def id_of(one: Signal) -> UUID:
    """The opportunity of a signal."""
    return rules.opportunity_id(one.id)


def day(days: int) -> date:
    """So many days after the bank's day."""
    return BANK_DATE + timedelta(days=days)
