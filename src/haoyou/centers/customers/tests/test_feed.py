"""Filling customers from the feed: every batch may come twice, older rows change nothing, moves take all rows along."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from haoyou.centers.backoffice.contract import AccountFact, BalanceFact, TermFact
from haoyou.centers.customers import rules, tables
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
from haoyou.centers.identity.contract import BusinessDateAdvanced
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
        "reservation": 0, "consent": 0, "decision": 0, "move_item": 0, "relationship": 0, "profile": 0,
        "position_day": 2, "document": 0, "merge": 0, "member": 0, "duplicate": 0, "report": 0,
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


async def totals(house: House) -> tuple[int, int, int]:
    """Deposits, loans and AUM of the one customer there is."""
    (row,) = await read_rows(house, "select deposits_minor, loans_minor, aum_minor from customers.listing")
    return row.deposits_minor, row.loans_minor, row.aum_minor


def account(code: str, kind: str, *, currency: str = CURRENCY, principal: int | None = None) -> AccountFact:
    return AccountFact(code, WANG.code, kind, currency, None, principal, SINCE, None)


@pytest.mark.parametrize(
    ("kind", "currency", "expected"),
    [
        ("term", CURRENCY, (60_000_100, 0, 60_000_100)),
        ("wealth", CURRENCY, (60_000_000, 0, 60_000_100)),
        ("loan", CURRENCY, (60_000_000, 100, 60_000_000)),
        ("card", CURRENCY, (60_000_000, 0, 60_000_000)),
        ("term", "USD", (60_000_000, 0, 60_000_000)),  # there is no rate by which it could be added
        ("loan", "USD", (60_000_000, 0, 60_000_000)),
    ],
)
async def test_what_counts_where(
    house: House, bank: Bank, kind: str, currency: str, expected: tuple[int, int, int]
) -> None:
    await make_customers(house, WANG)
    await feed(
        house,
        accounts=[account("A1", kind, currency=currency, principal=5_000_00)],
        balances=[BalanceFact("A1", BANK_DATE, 100)],
    )
    assert await totals(house) == expected


async def test_a_loan_is_owed_whole_until_the_bank_says_what_is_left(house: House, bank: Bank) -> None:
    await make_customers(house, WANG)
    loan = account("L1", "loan", principal=5_000_00)
    await feed(house, accounts=[loan])
    assert (await totals(house))[1] == 5_000_00
    await feed(house, balances=[BalanceFact("L1", SINCE, 0)])  # paid back, and said so on the day it was opened
    assert (await totals(house))[1] == 0
    await feed(house, balances=[BalanceFact("L1", BANK_DATE, 7)])
    assert (await totals(house))[1] == 7
    await feed(house, accounts=[replace(loan, closed_on=TOMORROW)], day=TOMORROW)
    assert (await totals(house))[1] == 0


async def test_terms_stand_with_the_holding_and_older_ones_change_nothing(house: House, bank: Bank) -> None:
    await make_customers(house, WANG)
    newer = TermFact("T1", 21_500, BANK_DATE + timedelta(days=30), 9_00, "renews")
    older = TermFact("T1", 10_000, BANK_DATE, 1, "ends")
    await feed(house, accounts=[account("T1", "term")], terms=[newer, TermFact("T9", 1, None, None, None)])
    await feed(house, terms=[older], day=YESTERDAY)
    (row,) = await read_rows(
        house, "select rate_ppm, matures_on, limit_minor, status from customers.holding where code = 'T1'"
    )
    assert tuple(row) == (21_500, newer.matures_on, 9_00, "renews")
    assert [entry["ids"] for entry in await list_audit(house, "orphan_terms")] == [["T9"]]


async def test_the_next_maturity_passes_with_the_day(
    house: House, bank: Bank, settle: Callable[[], Awaitable[None]]
) -> None:
    await make_customers(house, WANG)
    days = {"T1": TOMORROW, "T2": TOMORROW + timedelta(days=60), "L1": TOMORROW}
    await feed(
        house,
        accounts=[account(code, "loan" if code == "L1" else "term") for code in days],
        terms=[TermFact(code, 1, day, None, None) for code, day in days.items()],
    )
    next_on = "select next_maturity_on from customers.listing"
    assert [row[0] for row in await read_rows(house, next_on)] == [TOMORROW]
    async with house.service_ctx("identity").write() as tx:
        tx.tell(BusinessDateAdvanced(TOMORROW + timedelta(days=1), CURRENCY, first=False))
    await settle()
    assert [row[0] for row in await read_rows(house, next_on)] == [days["T2"]]
    async with house.service_ctx("identity").write() as tx:
        tx.tell(BusinessDateAdvanced(days["T2"] + timedelta(days=1), CURRENCY, first=False))
    await settle()
    assert [row[0] for row in await read_rows(house, next_on)] == [rules.FAR]


async def written(house: House) -> dict[str, list[tuple[object, ...]]]:
    """Which transaction wrote each row, and where it lies: a row that was written again shows."""
    return {
        table.name: sorted(map(tuple, await read_rows(house, f"select ctid::text, xmin::text from {table.fullname}")))
        for table in tables.SCOPED
    }


async def test_a_bank_that_says_the_same_every_day_has_nothing_rewritten(house: House, bank: Bank) -> None:
    terms = [TermFact(account_of(WANG), 2_000, TOMORROW + timedelta(days=9), None, "ends")]
    await make_customers(house, WANG, LI)
    await feed(house, terms=terms)
    before = await written(house)
    await feed(
        house,
        customers=[customer_fact(WANG), customer_fact(LI)],
        assignments=[assignment_fact(WANG.code, "RM-O11"), assignment_fact(LI.code, "RM-O12")],
        accounts=[account_fact(WANG), account_fact(LI)],
        terms=terms,
        day=TOMORROW,
    )
    assert await written(house) == before
    await feed(house, customers=[customer_fact(replace(WANG, phone="13811119999"))], day=TOMORROW)
    after = await written(house)
    assert {name for name in before if before[name] != after[name]} == {"customer"}


async def test_a_balance_lowers_the_tier_and_says_of_which_day_it_is(house: House, bank: Bank) -> None:
    await make_customers(house, WANG)
    await feed(house, balances=[BalanceFact(account_of(WANG), TOMORROW, 2_000_000)], day=TOMORROW)
    (row,) = await read_rows(house, "select tier, aum_minor, as_of from customers.listing")
    assert tuple(row) == ("silver", 2_000_000, TOMORROW)


async def scopes(house: House) -> dict[str, set[tuple[int, int, str]]]:
    """Which (institution, manager, line) the rows of each table carry."""
    return {
        table.name: {
            (row.institution_id, row.manager_id, row.line)
            for row in await read_rows(house, f"select institution_id, manager_id, line from {table.fullname}")
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
    everywhere = {(bank.institutions["O11"], after, "retail")}
    found = await scopes(house)
    assert {name: places for name, places in found.items() if places} == dict.fromkeys(
        ("customer", "listing", "token", "holding", "assignment", "contact", "reservation", "position_day"), everywhere
    )
    messages = await told(AssignmentChanged)
    assert messages[-1] == AssignmentChanged(
        (Assigned(wang.no, bank.institutions["O11"], after, TOMORROW.toordinal(), "retail"),)
    )


async def test_a_new_institution_takes_every_row_along_and_leaves_the_manager(
    house: House, bank: Bank, told: Toldings
) -> None:
    wang = (await make_customers(house, WANG))[WANG.code]
    await feed(house, customers=[customer_fact(replace(WANG, institution="O21"))], day=TOMORROW)
    there = {(bank.institutions["O21"], bank.staff["RM-O11"], "retail")}
    assert {name: places for name, places in (await scopes(house)).items() if places} == dict.fromkeys(
        ("customer", "listing", "token", "holding", "assignment", "position_day"), there
    )
    messages = await told(AssignmentChanged)
    assert messages[-1] == AssignmentChanged(
        (Assigned(wang.no, bank.institutions["O21"], bank.staff["RM-O11"], TOMORROW.toordinal(), "retail"),)
    )


async def test_a_new_line_takes_every_row_along_and_is_told(house: House, bank: Bank, told: Toldings) -> None:
    wang = (await make_customers(house, WANG))[WANG.code]
    await feed(house, customers=[customer_fact(replace(WANG, line="corporate"))], day=TOMORROW)
    there = {(bank.institutions["O11"], bank.staff["RM-O11"], "corporate")}
    assert {name: places for name, places in (await scopes(house)).items() if places} == dict.fromkeys(
        ("customer", "listing", "token", "holding", "assignment", "position_day"), there
    )
    assert (await told(AssignmentChanged))[-1] == AssignmentChanged(
        (Assigned(wang.no, bank.institutions["O11"], bank.staff["RM-O11"], TOMORROW.toordinal(), "corporate"),)
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
