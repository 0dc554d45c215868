"""Days that come again and days that come late: what counts from then on, and what the rooms make of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from haoyou.centers.backoffice import contract, jobs, rules, service
from haoyou.centers.backoffice.tests.factories import (
    DAY,
    OPENING,
    Row,
    account,
    assignment,
    balance,
    customer,
    movement,
    next_day,
    read_customers,
    read_rows,
    write_feed,
)
from haoyou.centers.identity import contract as identity
from haoyou.kernel.house import House
from haoyou.kernel.testing.clock import SetClock
from haoyou.kernel.testing.plugin import Toldings
from haoyou.lake.query import Lake
from tests.imports.test_import import Killed, business_date, kill_in

Settle = Callable[[], Awaitable[None]]
TOMORROW, YESTERDAY = DAY + timedelta(days=1), DAY - timedelta(days=1)
SECOND: Mapping[str, Sequence[Row]] = {
    "balances": [balance("A1", "700.00", TOMORROW), balance("A2", "90.00", TOMORROW)],
    "transactions": [movement("T20", "A1", "500.00", TOMORROW, direction="debit")],
}
RESTATED: Mapping[str, Sequence[Row]] = {
    "customers": [customer("C2", name="李强强")],
    "balances": [balance("A1", "650.00", TOMORROW)],
    "transactions": [movement("T21", "A1", "550.00", TOMORROW, direction="debit")],
}


async def ask(house: House, sql: str, until: date = TOMORROW) -> list[tuple[object, ...]]:
    """What the facts that count say."""
    port = house.ports.open(contract.BackofficePort)
    return ask_files(house, sql, await port.list_snapshots(house.service_ctx("insight"), until=until))


def ask_files(house: House, sql: str, snapshots: Sequence[contract.Snapshot]) -> list[tuple[object, ...]]:
    lake = house.settings.home / "lake"
    paths: dict[str, list[Path]] = {}
    for one in snapshots:
        paths.setdefault(one.dataset, []).append(lake / one.path)
    with Lake.open(paths) as facts:
        return facts.rows(sql)


MOVED = "SELECT transaction_id FROM transactions WHERE bank_date = DATE '2026-11-21' ORDER BY 1"


async def two_days(house: House, inbox: Path) -> None:
    await jobs.import_feed(house, write_feed(inbox, OPENING))
    await jobs.import_feed(house, write_feed(inbox, SECOND, day=TOMORROW))


async def test_a_higher_version_replaces_the_facts_of_its_day(
    house: House, inbox: Path, settle: Settle, told: Toldings
) -> None:
    await two_days(house, inbox)
    await settle()
    assert (await read_customers(house)) == {"C1": ("王芳", 70_000), "C2": ("李强", 9_000)}
    done = await jobs.import_feed(house, write_feed(inbox, RESTATED, day=TOMORROW, said={"version": 2}))
    await settle()
    assert (done.version, done.already_done, await business_date(house)) == (2, False, TOMORROW)
    assert await ask(house, MOVED) == [("T21",)]
    # The bank takes A2's balance of the day back: it stands where it stood the day before.
    assert await read_customers(house) == {"C1": ("王芳", 65_000), "C2": ("李强强", 8_050)}
    assert len(await told(identity.AdvanceBusinessDate)) == 2
    again = await jobs.import_feed(house, write_feed(inbox, RESTATED, day=TOMORROW, said={"version": 2}))
    assert again.already_done


async def test_what_was_believed_before_a_restatement_can_still_be_asked(
    house: House, inbox: Path, clock: SetClock
) -> None:
    await two_days(house, inbox)
    before = house.clock()
    await clock.advance(hours=1)
    await jobs.import_feed(house, write_feed(inbox, RESTATED, day=TOMORROW, said={"version": 3}))
    port, ctx = house.ports.open(contract.BackofficePort), house.service_ctx("insight")
    believed = await port.list_snapshots_known(ctx, until=TOMORROW, at=before)
    assert ask_files(house, MOVED, believed) == [("T20",)]
    now = await port.list_snapshots_known(ctx, until=TOMORROW, at=house.clock())
    assert ask_files(house, MOVED, now) == [("T21",)]
    assert await port.list_snapshots_known(ctx, until=TOMORROW, at=before - timedelta(days=365)) == ()


async def test_a_first_balance_taken_back_leaves_nothing(house: House, inbox: Path, settle: Settle) -> None:
    await jobs.import_feed(house, write_feed(inbox, OPENING))
    restated = {**OPENING, "balances": [balance("A1", "1200.00")]}
    await jobs.import_feed(house, write_feed(inbox, restated, said={"version": 2}))
    await settle()
    assert await read_customers(house) == {"C1": ("王芳", 120_000), "C2": ("李强", 0)}


@pytest.mark.parametrize("version", [1, 2])
async def test_another_feed_without_a_higher_version_is_refused(house: House, inbox: Path, version: int) -> None:
    await jobs.import_feed(house, write_feed(inbox, OPENING))
    await jobs.import_feed(house, write_feed(inbox, OPENING, said={"version": 2}))
    changed = {**OPENING, "balances": [balance("A1", "5.00")]}
    with pytest.raises(rules.FeedRefused, match="send it whole with version 3") as refusal:
        await jobs.import_feed(house, write_feed(inbox, changed, said={"version": version}))
    assert refusal.value.data == {"reason": "known_day"}
    assert (await read_customers(house))["C1"] == ("王芳", 120_000)


@pytest.mark.parametrize("version", [0, -1, "2", 2.5, True, None, 10**30])
async def test_a_version_that_is_no_number_is_refused(house: House, inbox: Path, version: object) -> None:
    with pytest.raises(rules.FeedRefused):
        await jobs.import_feed(house, write_feed(inbox, OPENING, said={"version": version}))
    assert await read_rows(house, "select 1 from backoffice.import_run", room="backoffice") == []


@pytest.mark.parametrize("step", ["record_landed", "finish_run", "take_balances"])
@pytest.mark.parametrize("after", [False, True])
async def test_a_restatement_killed_on_the_way_goes_on(
    house: House, inbox: Path, settle: Settle, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    await two_days(house, inbox)
    folder = write_feed(inbox, RESTATED, day=TOMORROW, said={"version": 2})
    (sink,) = [one for one in house.provided(contract.FactSink) if one.room == "customers"]
    with monkeypatch.context() as deadly, pytest.raises(Killed):
        kill_in(deadly, sink if step.startswith("take") else service, step, after=after)
        await jobs.import_feed(house, folder)
    await jobs.import_feed(house, folder)
    await settle()
    assert await ask(house, MOVED) == [("T21",)]
    assert await read_customers(house) == {"C1": ("王芳", 65_000), "C2": ("李强强", 8_050)}


async def test_a_version_may_be_restated_that_was_landed_and_never_finished(
    house: House, inbox: Path, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    await jobs.import_feed(house, write_feed(inbox, OPENING))
    first = write_feed(inbox, SECOND, day=TOMORROW)
    with monkeypatch.context() as deadly, pytest.raises(Killed):
        kill_in(deadly, service, "finish_run", after=False)
        await jobs.import_feed(house, first)
    await jobs.import_feed(house, write_feed(inbox, RESTATED, day=TOMORROW, said={"version": 2}))
    await settle()
    assert await business_date(house) == TOMORROW
    with pytest.raises(rules.FeedRefused, match="known here by version 2"):
        await jobs.import_feed(house, write_feed(inbox, SECOND, day=TOMORROW))


async def test_a_day_that_comes_late_adds_facts_and_changes_nothing_newer(
    house: House, inbox: Path, settle: Settle, told: Toldings
) -> None:
    await two_days(house, inbox)
    late = {
        "customers": [customer("C1", name="old name"), customer("C3", name="黄三")],
        "assignments": [{**assignment("C1"), "to_date": "2026-11-01"}, assignment("C3")],
        "accounts": [account("A1", "C1", closed_on="2026-11-01"), account("A3", "C3")],
        "balances": [balance("A1", "1.00", YESTERDAY), balance("A3", "30.00", YESTERDAY)],
        "transactions": [movement("T30", "A3", "30.00", YESTERDAY)],
    }
    done = await jobs.import_feed(house, write_feed(inbox, late, day=YESTERDAY))
    await settle()
    assert (done.already_done, await business_date(house)) == (False, TOMORROW)
    assert len(await told(identity.AdvanceBusinessDate)) == 2
    assert await read_customers(house) == {"C1": ("王芳", 70_000), "C2": ("李强", 9_000), "C3": ("黄三", 3_000)}
    held = "select c.code, a.to_date from customers.assignment a join customers.customer c on c.no = a.customer_no"
    assert sorted(tuple(row) for row in await read_rows(house, held, room="customers")) == [
        ("C1", None), ("C2", None), ("C3", None),
    ]  # fmt: skip
    assert await ask(house, "SELECT name FROM customers WHERE customer_id = 'C1'") == [("王芳",)]
    assert await ask(house, "SELECT count(*) FROM transactions WHERE transaction_id = 'T30'", YESTERDAY) == [(1,)]


async def test_an_empty_restatement_takes_the_whole_day_back(house: House, inbox: Path, settle: Settle) -> None:
    await two_days(house, inbox)
    await jobs.import_feed(house, write_feed(inbox, {}, day=TOMORROW, said={"version": 2}))
    await settle()
    assert await ask(house, MOVED) == []
    assert await read_customers(house) == {"C1": ("王芳", 120_000), "C2": ("李强", 8_050)}


async def test_a_normal_day_after_a_restatement_is_a_normal_day(house: House, inbox: Path, settle: Settle) -> None:
    await two_days(house, inbox)
    await jobs.import_feed(house, write_feed(inbox, RESTATED, day=TOMORROW, said={"version": 2}))
    third = TOMORROW + timedelta(days=1)
    await jobs.import_feed(
        house, write_feed(inbox, next_day(movement("T40", "A1", "1.00", third), day=third), day=third)
    )
    await settle()
    assert await business_date(house) == third
    assert (await read_customers(house))["C1"] == ("王芳", 100)
