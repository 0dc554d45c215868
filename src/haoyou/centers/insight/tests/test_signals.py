"""Signals: raised once from the facts of a day, for customers the house knows, however often the day is looked at."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from haoyou.centers.backoffice.tests.factories import (
    DAY,
    OPENING,
    account,
    balance,
    import_feed,
    movement,
    next_day,
    read_rows,
    write_feed,
)
from haoyou.centers.customers.tests.factories import read_cards
from haoyou.centers.identity.contract import BusinessDateAdvanced
from haoyou.centers.identity.tests.factories import seed_roles
from haoyou.centers.insight import contract, rules, service
from haoyou.kernel.house import House
from haoyou.kernel.testing.plugin import Toldings

pytestmark = pytest.mark.house(large_inflow_floor_minor=100_000)

Settle = Callable[[], Awaitable[None]]
TOMORROW = DAY + timedelta(days=1)
LARGE, SMALL, OTHER_S = (
    movement("T100", "A1", "5000.00", TOMORROW),  # six credits of 200.00 before: 25 times their mean
    movement("T101", "A1", "500.00", TOMORROW),
    movement("T102", "A2", "5000.00", TOMORROW),  # of an account with one credit only
)
RUNS = "select rule, bank_date, found, unknown, missing from insight.run order by bank_date, rule"


@pytest.fixture
async def inbox(house: House, settle: Settle) -> Path:
    """The house lives in the opening day."""
    await seed_roles(house)
    folder = house.settings.home / "inbox"
    await import_feed(house, write_feed(folder, OPENING))
    await settle()
    return folder


async def live_a_day(house: House, inbox: Path, settle: Settle) -> None:
    await import_feed(house, write_feed(inbox, next_day(LARGE, SMALL, OTHER_S), day=TOMORROW))
    await settle()


async def test_a_large_inflow_is_told_with_its_facts(house: House, inbox: Path, settle: Settle, told: Toldings) -> None:
    assert await told(contract.SignalsFound) == []
    await live_a_day(house, inbox, settle)
    card = (await read_cards(house, "C1"))["C1"]
    (raised,) = await told(contract.SignalsFound)
    assert raised == contract.SignalsFound(
        bank_date=TOMORROW,
        signals=(
            contract.Finding(
                id=UUID("bc66521a-28e7-59a9-84f3-3ab092c2cf9b"),
                rule="large_inflow",
                rule_version=1,
                customer_no=card.no,
                account_code="A1",
                raised_by="T100",
                bank_date=TOMORROW,
                judged_on=TOMORROW + timedelta(days=30),
                amount_minor=500_000,
                currency="CNY",
                figures=(
                    contract.Figure("history_count", 6),
                    contract.Figure("history_sum_minor", 120_000),
                    contract.Figure("balance_before_minor", 120_000),
                    contract.Figure("counterparty", None),
                ),
            ),
        ),
    )
    (row,) = await read_rows(house, "select * from insight.signal", room="insight")
    assert (row.raised_by, row.account_code, row.institution_id, row.manager_id, row.line) == (
        "T100", "A1", card.institution_id, card.manager_id, "retail",
    )  # fmt: skip
    assert row.figures["history_sum_minor"] == 120_000


async def test_a_day_is_looked_at_once(house: House, inbox: Path, settle: Settle, told: Toldings) -> None:
    await live_a_day(house, inbox, settle)
    before = await read_rows(house, RUNS, room="insight")
    await service.discover(house.service_ctx("insight"), bank_date=TOMORROW)
    async with house.service_ctx("identity").write() as tx:
        tx.tell(BusinessDateAdvanced(business_date=TOMORROW, currency="CNY", first=False))
    await settle()
    assert len(await told(contract.SignalsFound)) == 1
    assert await read_rows(house, RUNS, room="insight") == before
    assert [tuple(run)[1:] for run in before if run.rule == "large_inflow"] == [
        (DAY, 0, 0, None),
        (TOMORROW, 1, 0, None),
    ]


async def test_an_inflow_of_somebody_unknown_is_counted_and_told_nobody(
    house: House, inbox: Path, settle: Settle, told: Toldings
) -> None:
    """The account's owner is in the facts, and no customer of the house."""
    past = [movement(f"P{n}", "A7", "200.00", DAY - timedelta(days=n)) for n in range(6)]
    stray = {
        "accounts": [account("A7", "NOBODY")],
        "transactions": [*past, movement("T200", "A7", "9000.00", TOMORROW)],
    }
    await import_feed(house, write_feed(inbox, stray, day=TOMORROW))
    await settle()
    assert await told(contract.SignalsFound) == []
    runs = await read_rows(house, "select found, unknown from insight.run where found > 0", room="insight")
    assert [tuple(run) for run in runs] == [(1, 1)]


async def test_a_deposit_is_raised_once_while_it_matures_and_what_is_lacking_is_said(
    house: House, inbox: Path, settle: Settle, told: Toldings
) -> None:
    deposit = {"account_id": "D1", "rate": "1.5", "matures_on": (TOMORROW + timedelta(days=14)).isoformat()}
    first = {
        "accounts": [account("D1", "C1", kind="term")],
        "deposits": [deposit],
        "balances": [balance("D1", "10000.00", TOMORROW)],
    }
    await import_feed(house, write_feed(inbox, first, day=TOMORROW))
    await settle()
    later = TOMORROW + timedelta(days=1)
    await import_feed(house, write_feed(inbox, next_day(day=later), day=later))
    await settle()
    (raised,) = await told(contract.SignalsFound)
    assert isinstance(raised, contract.SignalsFound)
    (one,) = raised.signals
    assert (one.rule, one.raised_by, one.bank_date, one.judged_on, one.amount_minor) == (
        "deposit_maturing", "D1/2026-12-05", TOMORROW, date(2026, 12, 12), 1_000_000,
    )  # fmt: skip
    runs = {(run.bank_date, run.rule): run for run in await read_rows(house, RUNS, room="insight")}
    assert (runs[TOMORROW, "deposit_maturing"].found, runs[later, "deposit_maturing"].found) == (1, 1)
    lacking = {rule: run.missing for (on, rule), run in runs.items() if on == DAY and run.missing}
    assert lacking == {
        "deposit_maturing": "deposits", "loan_ending": "loans", "salary_moved": "salaries", "business_growth": "firms",
    }  # fmt: skip


def test_a_fact_has_one_name_under_each_rule() -> None:
    one = rules.signal_id("large_inflow", "T100")
    assert one == UUID("bc66521a-28e7-59a9-84f3-3ab092c2cf9b")
    assert len({one, rules.signal_id("large_inflow", "T101"), rules.signal_id("other", "T100")}) == 3


def finding(customer: int, number: int) -> contract.Finding:
    raised_by = f"{customer}/{number}"
    return contract.Finding(
        rules.signal_id("large_inflow", raised_by), "large_inflow", 1, customer, None, raised_by, DAY, DAY, 1, "CNY", ()
    )


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, []),
        ({1: 600, 2: 400}, [{1: 600, 2: 400}]),
        ({1: 600, 2: 401, 3: 1}, [{1: 600}, {2: 401, 3: 1}]),
        ({1: 1, 2: 1_001}, [{1: 1}, {2: 1_000}, {2: 1}]),
    ],
)
def test_a_customers_signals_come_in_one_message(counts: dict[int, int], expected: list[dict[int, int]]) -> None:
    longest = max(counts.values(), default=0)
    mixed = [finding(no, number) for number in range(longest) for no, count in counts.items() if number < count]
    parts = rules.parts_of(mixed)
    assert [dict(Counter(one.customer_no for one in part)) for part in parts] == expected
