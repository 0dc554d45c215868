"""Signals: raised once from the facts of a day, for customers the house knows, however often the day is looked at."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from haoyou.centers.backoffice.tests.factories import (
    DAY,
    OPENING,
    account,
    import_feed,
    movement,
    next_day,
    write_feed,
)
from haoyou.centers.customers.tests.factories import read_cards, read_rows
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
    assert await told(contract.SignalsRaised) == []
    await live_a_day(house, inbox, settle)
    card = (await read_cards(house, "C1"))["C1"]
    (raised,) = await told(contract.SignalsRaised)
    assert raised == contract.SignalsRaised(
        bank_date=TOMORROW,
        signals=(
            contract.Signal(
                id=rules.signal_id(rules.LARGE_INFLOW, "T100"),
                rule="large_inflow",
                rule_version=1,
                customer_no=card.no,
                account_code="A1",
                transaction_code="T100",
                bank_date=TOMORROW,
                amount_minor=500_000,
                currency="CNY",
                history_count=6,
                history_sum_minor=120_000,
                balance_before_minor=120_000,
                counterparty=None,
            ),
        ),
    )
    (row,) = await read_rows(house, "select * from insight.signal", room="insight")
    assert (row.transaction_code, row.institution_id, row.manager_id, row.line) == (
        "T100", card.institution_id, card.manager_id, "retail",
    )  # fmt: skip


async def test_a_day_is_looked_at_once(house: House, inbox: Path, settle: Settle, told: Toldings) -> None:
    await live_a_day(house, inbox, settle)
    await service.discover(house.service_ctx("insight"), bank_date=TOMORROW)
    async with house.service_ctx("identity").write() as tx:
        tx.tell(BusinessDateAdvanced(business_date=TOMORROW, currency="CNY", first=False))
    await settle()
    assert len(await told(contract.SignalsRaised)) == 1
    runs = await read_rows(house, "select bank_date, found, unknown from insight.run order by 1", room="insight")
    assert [tuple(run) for run in runs] == [(DAY, 0, 0), (TOMORROW, 1, 0)]


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
    assert await told(contract.SignalsRaised) == []
    runs = await read_rows(house, "select found, unknown from insight.run where found > 0", room="insight")
    assert [tuple(run) for run in runs] == [(1, 1)]


def test_a_fact_has_one_name_under_each_rule() -> None:
    one = rules.signal_id(rules.LARGE_INFLOW, "T100")
    assert one == rules.signal_id(rules.Rule("large_inflow", 2), "T100")
    assert len({one, rules.signal_id(rules.LARGE_INFLOW, "T101"), rules.signal_id(rules.Rule("other", 1), "T100")}) == 3
