"""Customers for tests, brought by the bank's feed as in life: through the sink that backoffice fills."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text

from haoyou.centers.backoffice import contract as backoffice
from haoyou.centers.customers.contract import (
    Card,
    Channel,
    ContactOutcome,
    CustomersPort,
    RecordContact,
    Reservation,
)
from haoyou.centers.identity.tests.factories import BANK_DATE, CURRENCY, Bank
from haoyou.kernel.db.engine import role_of
from haoyou.kernel.house import House
from haoyou.kernel.masking import BirthDate, IdNumber, Phone
from haoyou.kernel.message import Message
from haoyou.kernel.principal import Principal, Scope
from haoyou.kernel.testing.clock import START

SOURCE = "core"
SINCE = date(2020, 1, 1)
NOBODY_S = UUID("00000000-0000-7000-8000-000000000000")
"""The number of no customer."""


@dataclass(frozen=True, slots=True)
class Someone:
    """A customer to be: where, of whom, who assists, and what lies in the demand account (minor units)."""

    code: str
    name: str | None
    institution: str
    manager: str | None = None
    assisting: tuple[str, ...] = ()
    line: str = "retail"
    balance_minor: int = 0
    phone: str | None = None
    id_number: str | None = None
    birth_date: str | None = None


WANG = Someone(
    "10000001",
    "王芳",
    "O11",
    "RM-O11",
    balance_minor=60_000_000,
    phone="13811112222",
    id_number="450102199001011234",
    birth_date="1990-01-01",
)


def stamp(day: date = BANK_DATE) -> backoffice.Stamp:
    return backoffice.Stamp(SOURCE, day, datetime(2026, 11, 20, tzinfo=UTC), f"run-{day}", CURRENCY)


def customer_fact(one: Someone) -> backoffice.CustomerFact:
    return backoffice.CustomerFact(
        code=one.code,
        kind="person" if one.line == "retail" else "organisation",
        name=one.name,
        institution_code=one.institution,
        line=one.line,
        birth_date=BirthDate(one.birth_date) if one.birth_date else None,
        sex=None,
        phone=Phone(one.phone) if one.phone else None,
        id_kind="resident" if one.id_number else None,
        id_number=IdNumber(one.id_number) if one.id_number else None,
        uscc=None,
        since=SINCE,
    )


def assignment_fact(
    customer: str, staff: str, kind: str = "primary", *, from_date: date = SINCE, to_date: date | None = None
) -> backoffice.AssignmentFact:
    return backoffice.AssignmentFact(customer, staff, kind, from_date, to_date)


def relationship_fact(
    one: str, kind: str, two: str, *, share_ppm: int | None = None, from_date: date = SINCE, to_date: date | None = None
) -> backoffice.RelationshipFact:
    """`one` is parent of, owns a share of, heads the household of … `two`."""
    return backoffice.RelationshipFact(one, two, kind, share_ppm, from_date, to_date)


def account_fact(one: Someone) -> backoffice.AccountFact:
    """The demand account of a customer; its number follows from theirs."""
    return backoffice.AccountFact(account_of(one), one.code, "demand", CURRENCY, "current", None, SINCE, None)


def account_of(one: Someone) -> str:
    return f"62220000{one.code}"


async def feed(
    house: House,
    *,
    customers: Iterable[backoffice.CustomerFact] = (),
    relationships: Iterable[backoffice.RelationshipFact] = (),
    assignments: Iterable[backoffice.AssignmentFact] = (),
    accounts: Iterable[backoffice.AccountFact] = (),
    terms: Iterable[backoffice.TermFact] = (),
    balances: Iterable[backoffice.BalanceFact] = (),
    day: date = BANK_DATE,
) -> None:
    """One bank day's rows for this room, in the order in which backoffice brings them."""
    (sink,) = [one for one in house.provided(backoffice.FactSink) if one.room == "customers"]
    at = stamp(day)
    if people := tuple(customers):
        await sink.take_customers(house.service_ctx("backoffice"), stamp=at, rows=people)
    if edges := tuple(relationships):
        await sink.take_relationships(house.service_ctx("backoffice"), stamp=at, rows=edges)
    if pairs := tuple(assignments):
        await sink.take_assignments(house.service_ctx("backoffice"), stamp=at, rows=pairs)
    if holdings := tuple(accounts):
        await sink.take_accounts(house.service_ctx("backoffice"), stamp=at, rows=holdings)
    if said := tuple(terms):
        await sink.take_terms(house.service_ctx("backoffice"), stamp=at, rows=said)
    if moved := tuple(balances):
        await sink.take_balances(house.service_ctx("backoffice"), stamp=at, rows=moved)


async def make_customers(house: House, *people: Someone, day: date = BANK_DATE) -> dict[str, Card]:
    """These people with their accounts and assignments; answers their cards by code."""
    primary = [assignment_fact(one.code, one.manager) for one in people if one.manager]
    assisting = [assignment_fact(one.code, staff, "assisting") for one in people for staff in one.assisting]
    await feed(
        house,
        customers=map(customer_fact, people),
        assignments=primary + assisting,
        accounts=map(account_fact, people),
        balances=[backoffice.BalanceFact(account_of(one), day, one.balance_minor) for one in people],
        day=day,
    )
    return await read_cards(house, *(one.code for one in people))


async def read_cards(house: House, *codes: str) -> dict[str, Card]:
    port = house.ports.open(CustomersPort)
    return {card.code: card for card in await port.find_codes(house.service_ctx("customers"), codes=codes)}


def crowd(count: int, institution: str, manager: str) -> list[Someone]:
    """So many customers of one manager, the first with most in the account."""
    first = Someone("", None, institution, manager)
    return [
        replace(first, code=f"{institution}-{number:05}", balance_minor=(count - number) * 100)
        for number in range(count)
    ]


async def read_rows(house: House, words: str, *, room: str = "customers") -> list[Row[Any]]:
    """What a statement finds, whoever may see it."""
    async with house.engine.begin() as connection:
        become = text("select set_config('role', :role, true), set_config('app.all', 'on', true)")
        await connection.execute(become, {"role": role_of(room)})
        return list((await connection.execute(text(words))).all())


async def list_audit(house: House, operation: str) -> list[dict[str, Any]]:
    """The entries of one operation of this room in the record, sealed or not, in order."""
    words = (
        "select 1, seq, entry from kernel.audit_log union all select 2, id, entry from kernel.audit_pending"
        " order by 1, 2"
    )
    entries = [row.entry for row in await read_rows(house, words, room="kernel")]
    return [entry for entry in entries if entry["operation"] == f"customers.{operation}"]


def contact(
    customer_no: int,
    staff_id: int,
    outcome: ContactOutcome = ContactOutcome.REACHED,
    *,
    bank_date: date = BANK_DATE,
    reservation_id: UUID | None = None,
) -> RecordContact:
    return RecordContact(
        contact_id=uuid4(),
        customer_no=customer_no,
        staff_id=staff_id,
        channel=Channel.CALL,
        outcome=outcome,
        note="想了解定期存款",
        made_at=START,
        bank_date=bank_date,
        next_on=None,
        origin="marketing/opportunity/1",
        reservation_id=reservation_id,
    )


async def tell(house: House, *messages: Message) -> None:
    async with house.service_ctx("marketing").write() as tx:
        for message in messages:
            tx.tell(message)


async def reserve(
    house: House, bank: Bank, customer: int, *, channel: Channel = Channel.CALL, under: UUID | None = None,
    code: str = "RM-O11", place: str = "O11",
) -> Reservation:  # fmt: skip
    """As somebody of a whole outlet."""
    scope = Scope(units=(bank.institutions[place],), owner=bank.staff[code], lines=("retail",))
    ctx = house.ctx("marketing", Principal(bank.staff[code], code, scope))
    return await house.ports.open(CustomersPort).reserve_contact(
        ctx, reservation_id=under or uuid4(), customer_no=customer, channel=channel
    )
