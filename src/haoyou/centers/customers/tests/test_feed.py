"""Filling customers from the feed: every batch may come twice, older rows change nothing, moves take all rows along."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from haoyou.centers.backoffice.contract import AccountFact, BalanceFact
from haoyou.centers.customers import tables
from haoyou.centers.customers.contract import Assigned, AssignmentChanged
from haoyou.centers.customers.tests.factories import (
    SINCE,
    WANG,
    Someone,
    account_fact,
    account_of,
    assignment_fact,
    contact,
    customer_fact,
    feed,
    list_audit,
    make_customers,
    read_cards,
    read_rows,
    reserve,
    tell,
)
from haoyou.centers.identity.tests.factories import BANK_DATE, CURRENCY, Bank
from haoyou.kernel.house import House
from haoyou.kernel.testing.plugin import Toldings

YESTERDAY, TOMORROW = BANK_DATE - timedelta(days=1), BANK_DATE + timedelta(days=1)
LI = Someone("10000002", "李强", "O12", "RM-O12", balance_minor=5_00, phone="13900000001")


async def contents(house: House) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the room, but for what is sealed afresh each time."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for table in tables.SCOPED:
        sealed = {"birth_date", "phone", "id_number"} if table is tables.customer else set[str]()
        names = [column.name for column in table.columns if column.name not in sealed]
        rows = await read_rows(house, f"select {', '.join(names)} from {table.fullname}")
        found[table.name] = sorted((tuple(row) for row in rows), key=str)
    return found


async def test_the_same_batches_again_change_nothing(house: House, bank: Bank, told: Toldings) -> None:
    await make_customers(house, WANG, LI)
    before, messages = await contents(house), await told()
    await make_customers(house, WANG, LI)
    assert await contents(house) == before
    assert await told() == messages
    assert {name: len(rows) for name, rows in before.items()} == {
        "customer": 2, "listing": 2, "token": len(before["token"]), "holding": 2, "assignment": 2, "contact": 0,
        "reservation": 0, "consent": 0, "relationship": 0, "profile": 0, "position_day": 2, "document": 0,
    }  # fmt: skip


async def test_sealed_values_lie_sealed(house: House, bank: Bank) -> None:
    await make_customers(house, WANG)
    (row,) = await read_rows(house, "select c::text as whole, phone, id_number, birth_date from customers.customer c")
    assert row.phone and row.id_number and row.birth_date
    for clear in (WANG.phone, WANG.id_number, WANG.birth_date):
        assert clear and clear not in row.whole
        assert not any(clear.encode() in bytes(sealed) for sealed in (row.phone, row.id_number, row.birth_date))


async def test_an_older_row_changes_nothing(house: House, bank: Bank) -> None:
    await make_customers(house, WANG)
    before = await contents(house)
    older = replace(WANG, name="王旧", institution="O21")
    account = replace(account_fact(WANG), product="old", closed_on=YESTERDAY)
    await feed(
        house,
        customers=[customer_fact(older)],
        accounts=[account],
        balances=[BalanceFact(account_of(WANG), YESTERDAY, 1)],
        day=YESTERDAY,
    )
    assert await contents(house) == before


async def test_a_newer_row_replaces_name_and_telephone(house: House, bank: Bank) -> None:
    before = (await make_customers(house, WANG))[WANG.code]
    married = replace(WANG, name="欧阳芳", phone="13811113333")
    await feed(house, customers=[customer_fact(married)], day=TOMORROW)
    after = (await read_cards(house, WANG.code))[WANG.code]
    assert (after.name, after.id, after.no, after.manager_id, after.aum) == (
        "欧阳芳", before.id, before.no, before.manager_id, before.aum,
    )  # fmt: skip
    tokens = {row.token for row in await read_rows(house, "select token from customers.token")}
    assert "oyf" in tokens
    assert "wangfang" not in tokens


async def test_rows_that_name_what_nobody_knows_are_named_and_left_out(house: House, bank: Bank) -> None:
    stray = replace(WANG, code="9", institution="NOWHERE")
    await make_customers(house, WANG)
    await feed(
        house,
        customers=[customer_fact(stray), customer_fact(LI)],
        assignments=[assignment_fact("8", "RM-O11"), assignment_fact(LI.code, "NOBODY")],
        accounts=[account_fact(replace(WANG, code="7"))],
        balances=[BalanceFact("6", BANK_DATE, 1), BalanceFact(account_of(WANG), BANK_DATE, 2)],
    )
    named = {
        what: [entry["ids"] for entry in await list_audit(house, f"orphan_{what}")]
        for what in ("customers", "assignments", "accounts", "balances")
    }
    assert named == {
        "customers": [["9"]], "assignments": [["10000002", "8"]], "accounts": [["622200007"]], "balances": [["6"]],
    }  # fmt: skip
    cards = await read_cards(house, "9", LI.code, WANG.code)
    assert {code: card.aum.minor for code, card in cards.items()} == {LI.code: 0, WANG.code: 2}


async def test_before_the_first_balance_money_has_the_bank_s_currency(house: House, bank: Bank) -> None:
    await feed(house, customers=[customer_fact(WANG)])
    assert (await read_cards(house, WANG.code))[WANG.code].aum.currency == CURRENCY


@pytest.mark.parametrize("kind", ["loan", "card"])
async def test_deposits_make_the_aum_and_loans_are_counted_apart(house: House, bank: Bank, kind: str) -> None:
    card = (await make_customers(house, WANG))[WANG.code]
    assert (card.aum.minor, card.tier) == (60_000_000, "platinum")
    other = AccountFact("L1", WANG.code, kind, CURRENCY, None, 5_000_00, SINCE, None)
    term = AccountFact("T1", WANG.code, "term", CURRENCY, None, None, SINCE, None)
    await feed(
        house, accounts=[other, term], balances=[BalanceFact("L1", BANK_DATE, 7), BalanceFact("T1", BANK_DATE, 100)]
    )
    (row,) = await read_rows(house, "select deposits_minor, loans_minor, aum_minor from customers.listing")
    assert tuple(row) == (60_000_100, 5_000_00 if kind == "loan" else 0, 60_000_100)
    await feed(house, accounts=[replace(other, closed_on=TOMORROW)], day=TOMORROW)
    (row,) = await read_rows(house, "select loans_minor from customers.listing")
    assert row.loans_minor == 0


async def test_a_balance_lowers_the_tier_and_says_of_which_day_it_is(house: House, bank: Bank) -> None:
    await make_customers(house, WANG)
    await feed(house, balances=[BalanceFact(account_of(WANG), TOMORROW, 2_000_000)], day=TOMORROW)
    (row,) = await read_rows(house, "select tier, aum_minor, as_of from customers.listing")
    assert tuple(row) == ("silver", 2_000_000, TOMORROW)


async def scopes(house: House) -> dict[str, set[tuple[int, int]]]:
    """Which (institution, manager) the rows of each table carry."""
    return {
        table.name: {
            (row.institution_id, row.manager_id)
            for row in await read_rows(house, f"select institution_id, manager_id from {table.fullname}")
        }
        for table in tables.SCOPED
    }


async def test_a_new_manager_takes_every_row_along(
    house: House, bank: Bank, settle: Callable[[], Awaitable[None]], told: Toldings
) -> None:
    wang = (await make_customers(house, WANG))[WANG.code]
    before, after = bank.staff["RM-O11"], bank.staff["RM2-O11"]
    leave = await reserve(house, bank, wang.no)
    await tell(house, contact(wang.no, before, reservation_id=leave.id))
    await settle()
    given = [
        assignment_fact(WANG.code, "RM-O11", to_date=BANK_DATE),
        assignment_fact(WANG.code, "RM2-O11", from_date=TOMORROW),
    ]
    await feed(house, assignments=given, day=TOMORROW)
    everywhere = {(bank.institutions["O11"], after)}
    found = await scopes(house)
    assert {name: places for name, places in found.items() if places} == dict.fromkeys(
        ("customer", "listing", "token", "holding", "assignment", "contact", "reservation", "position_day"), everywhere
    )
    messages = await told(AssignmentChanged)
    assert messages[-1] == AssignmentChanged(
        (Assigned(wang.no, bank.institutions["O11"], after, TOMORROW.toordinal()),)
    )


async def test_a_new_institution_takes_every_row_along_and_leaves_the_manager(
    house: House, bank: Bank, told: Toldings
) -> None:
    wang = (await make_customers(house, WANG))[WANG.code]
    await feed(house, customers=[customer_fact(replace(WANG, institution="O21"))], day=TOMORROW)
    there = {(bank.institutions["O21"], bank.staff["RM-O11"])}
    assert {name: places for name, places in (await scopes(house)).items() if places} == dict.fromkeys(
        ("customer", "listing", "token", "holding", "assignment", "position_day"), there
    )
    messages = await told(AssignmentChanged)
    assert messages[-1] == AssignmentChanged(
        (Assigned(wang.no, bank.institutions["O21"], bank.staff["RM-O11"], TOMORROW.toordinal()),)
    )


@pytest.mark.parametrize(
    ("facts", "manager"),
    [
        ([("RM-O11", SINCE, None)], "RM-O11"),
        ([("RM-O11", SINCE, None), ("RM2-O11", BANK_DATE, None)], "RM2-O11"),
        ([("RM-O11", SINCE, None), ("RM2-O11", TOMORROW, None)], "RM-O11"),
        ([("RM-O11", SINCE, YESTERDAY)], None),
        ([("RM-O11", SINCE, BANK_DATE)], "RM-O11"),
    ],
)
async def test_the_manager_is_the_newest_assignment_that_holds_today(
    house: House, bank: Bank, facts: list[tuple[str, date, date | None]], manager: str | None
) -> None:
    await feed(
        house,
        customers=[customer_fact(WANG)],
        assignments=[assignment_fact(WANG.code, staff, from_date=first, to_date=last) for staff, first, last in facts],
    )
    card = (await read_cards(house, WANG.code))[WANG.code]
    assert card.manager_id == (bank.staff[manager] if manager else None)
