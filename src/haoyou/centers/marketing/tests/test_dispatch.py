"""Signals become opportunities and tasks, once, and follow their customers."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select

from haoyou.centers.customers.contract import Assigned, AssignmentChanged, Card, StampListing
from haoyou.centers.identity.tests.factories import Bank
from haoyou.centers.insight.contract import SIGNALS_MAX, Signal, SignalsRaised
from haoyou.centers.marketing import dispatch, rules, tables
from haoyou.centers.marketing.tests.factories import (
    BANK_DATE,
    day,
    id_of,
    inflow_figures,
    signal,
    tell,
    tell_signals,
)
from haoyou.centers.tasks.contract import OpenTask, Origin
from haoyou.kernel.house import House
from haoyou.kernel.message import Message
from haoyou.kernel.names import Name
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.outbox import list_refreshed

Settle = Callable[[], Awaitable[None]]
Told = Callable[..., Awaitable[list[Message]]]

PATH = "/api/marketing/v1/opportunities"


async def stored(house: House) -> dict[str, tuple[str, str | None]]:
    """Status and reason by transaction, of all rows."""
    t = tables.opportunity
    async with house.service_ctx("marketing").read() as tx:
        rows = await tx.all(select(t.c.raised_by, t.c.status, t.c.suppressed_reason))
    return {row.raised_by: (row.status, row.suppressed_reason) for row in rows}


async def test_a_signal_becomes_an_opportunity_a_task_and_a_stamp(
    house: House, bank: Bank, cards: dict[str, Card], told: Told, settle: Settle
) -> None:
    one = signal(cards["C1"])
    await tell_signals(house, one)
    await settle()
    (task,) = await told(OpenTask)
    assert task == OpenTask(
        task_id=rules.task_id(id_of(one)),
        origin=Origin("marketing", "opportunity", str(id_of(one))),
        customer_no=cards["C1"].no,
        institution_id=bank.institutions["O11"],
        assignee_id=bank.staff["RM-O11"],
        line="retail",
        title=Name("联系客户：大额资金流入", "Call: large inflow"),
        why=Name(
            "入账 ¥32,000.00，约为近半年单笔平均的 5.2 倍",
            "¥32,000.00 came in, about 5.2 times the average credit of the last half year",
        ),
        due_on=day(2),
        value_minor=3_200_000,
        currency="CNY",
    )
    assert await told(StampListing) == [StampListing(cards["C1"].no, 1, 1)]
    assert {"people": [bank.staff["RM-O11"]], "keys": ["tasks", "opportunities"]} in await list_refreshed(house)


async def test_every_signal_is_dispatched_or_set_aside_with_a_reason(
    house: House, cards: dict[str, Card], told: Told, settle: Settle
) -> None:
    await tell_signals(
        house,
        signal(cards["C1"], "T1", amount_minor=100),
        signal(cards["C1"], "T2", amount_minor=200),
        signal(cards["C2"], "T3"),
        signal(cards["C3"], "T4"),
        signal(999_999, "T5"),
    )
    await settle()
    assert await stored(house) == {
        "T1": ("suppressed", "already_open"),
        "T2": ("open", None),
        "T3": ("suppressed", "no_manager"),
        "T4": ("open", None),
        "T5": ("suppressed", "unknown_customer"),
    }
    tasks = [task for task in await told() if isinstance(task, OpenTask)]
    assert [task.customer_no for task in tasks] == [cards["C3"].no, cards["C1"].no]


async def test_the_same_signals_told_twice_make_nothing_new(
    house: House, cards: dict[str, Card], told: Told, settle: Settle
) -> None:
    one, two = signal(cards["C1"], "T1"), signal(cards["C3"], "T2")
    await tell_signals(house, one, two)
    await settle()
    before = await stored(house), await told(OpenTask), await told(StampListing)
    await tell_signals(house, one, two)
    await settle()
    assert (await stored(house), await told(OpenTask), await told(StampListing)) == before


async def test_signals_of_the_older_form_become_what_they_always_did(
    house: House, cards: dict[str, Card], told: Told, settle: Settle
) -> None:
    """They may still lie in an outbox when the house is brought to a new version."""
    one = signal(cards["C1"])
    older = Signal(
        id=one.id,
        rule=one.rule,
        rule_version=one.rule_version,
        customer_no=one.customer_no,
        account_code="A1",
        transaction_code=one.raised_by,
        bank_date=one.bank_date,
        amount_minor=one.amount_minor,
        currency=one.currency,
        history_count=6,
        history_sum_minor=36_500_00,
        balance_before_minor=1_234_56,
        counterparty=None,
    )
    assert dispatch.of_older_form(older) == replace(one, account_code="A1")
    await tell(house, "insight", SignalsRaised(bank_date=BANK_DATE, signals=(older,)))
    await tell_signals(house, one)
    await settle()
    assert await stored(house) == {"T1": ("open", None)}
    assert len(await told(OpenTask)) == 1


async def test_a_repeated_batch_brings_only_what_is_new(
    house: House, cards: dict[str, Card], told: Told, settle: Settle
) -> None:
    await tell_signals(house, signal(cards["C1"], "T1"))
    await tell_signals(house, signal(cards["C1"], "T1"), signal(cards["C1"], "T2"), signal(cards["C3"], "T3"))
    await settle()
    assert await stored(house) == {
        "T1": ("open", None),
        "T2": ("suppressed", "already_open"),
        "T3": ("open", None),
    }
    assert len(await told(OpenTask)) == 2


async def test_days_told_in_the_wrong_order_still_give_one_live_opportunity(
    house: House, cards: dict[str, Card], settle: Settle
) -> None:
    await tell_signals(house, signal(cards["C1"], "T2", bank_date=day(1)))
    await tell_signals(house, signal(cards["C1"], "T1", bank_date=day(0)))
    await settle()
    assert await stored(house) == {"T2": ("open", None), "T1": ("suppressed", "already_open")}


async def test_stamps_of_a_customer_only_rise(house: House, cards: dict[str, Card], told: Told, settle: Settle) -> None:
    for number, shift in enumerate((0, 5, 31), start=1):
        await tell_signals(house, signal(cards["C1"], f"T{number}", bank_date=day(shift)))
        await settle()
    assert await told(StampListing) == [StampListing(cards["C1"].no, 1, 1), StampListing(cards["C1"].no, 2, 3)]


async def test_the_facts_of_a_card_are_kept(house: House, cards: dict[str, Card], settle: Settle) -> None:
    one = signal(cards["C1"], figures=inflow_figures(counterparty="某公司"))
    await tell_signals(house, one)
    await settle()
    t = tables.opportunity
    async with house.service_ctx("marketing").read() as tx:
        row = await tx.first(select(t))
    assert row is not None
    kept = {column.name: getattr(row, column.name) for column in t.columns}
    assert kept.pop("institution_id") == cards["C1"].institution_id
    assert kept.pop("manager_id") == cards["C1"].manager_id
    assert kept == {
        "id": id_of(one),
        "customer_no": cards["C1"].no,
        "line": "retail",
        "signal_id": one.id,
        "rule": "large_inflow",
        "rule_version": 1,
        "account_code": f"A{cards['C1'].no}",
        "raised_by": "T1",
        "raised_on": BANK_DATE,
        "expires_on": day(30),
        "value_minor": 3_200_000,
        "currency": "CNY",
        "facts": {
            "history_count": 6,
            "history_sum_minor": 3_650_000,
            "balance_before_minor": 123_456,
            "counterparty": "某公司",
        },
        "status": "open",
        "suppressed_reason": None,
        "task_id": rules.task_id(id_of(one)),
        "contacted_at": None,
        "last_outcome": None,
        "version": 1,
        "arm": "treated",
        "score": 1350,
        "factors": {
            "propensity_permille": 300,
            "tier_percent": 100,
            "time_percent": 100,
            "value_centi": 450,
            "lever_percent": 100,
        },
        "outscored_by": None,
    }


async def test_a_full_message_is_one_write(house: House, cards: dict[str, Card], told: Told) -> None:
    signals = [signal(cards["C1"], f"T{number:04}", amount_minor=number + 1) for number in range(SIGNALS_MAX)]
    await dispatch.raise_opportunities(house.service_ctx("marketing"), signals=signals)
    found = await stored(house)
    assert (len(found), found["T0999"]) == (SIGNALS_MAX, ("open", None))
    assert [reason for _, reason in found.values()].count("already_open") == SIGNALS_MAX - 1
    assert len(await told(OpenTask)) == 1


async def test_a_signal_of_an_unknown_rule_raises_nothing(house: House, cards: dict[str, Card], told: Told) -> None:
    unknown = signal(cards["C1"], rule_version=2)
    with pytest.raises(AssertionError, match="no texts"):
        await dispatch.raise_opportunities(house.service_ctx("marketing"), signals=[unknown])
    assert await stored(house) == {}
    assert await told(OpenTask) == []


async def move(house: House, settle: Settle, *changes: Assigned) -> None:
    await tell(house, "customers", AssignmentChanged(changes=changes))
    await settle()


async def places(house: House) -> dict[str, set[tuple[int, int]]]:
    """(institution, manager) of the rows of each table."""
    found: dict[str, set[tuple[int, int]]] = {}
    async with house.service_ctx("marketing").read() as tx:
        for table in tables.SCOPED:
            rows = await tx.all(select(table.c.institution_id, table.c.manager_id))
            found[table.name] = {(row.institution_id, row.manager_id) for row in rows}
    return found


async def fill_every_table(house: House, client: Client, card: Card, settle: Settle) -> UUID:
    """An opportunity of RM-O11 with a reservation, a contact, a draft; answers its number."""
    await tell_signals(house, signal(card))
    await settle()
    opportunity_id = id_of(signal(card))
    mine = client.as_staff("RM-O11")
    path = f"{PATH}/{opportunity_id}"
    reservation = {"id": str(UUID(int=1)), "channel": "visit"}
    assert (await mine.post(f"{path}/reservations", json=reservation)).status_code == 201
    contact = {"channel": "visit", "outcome": "reached", "reservation_id": str(UUID(int=1))}
    assert (await mine.post(f"{path}/contacts", json=contact)).status_code == 200
    kept = await mine.put(f"{path}/draft", json={"note": "x"}, version=0)
    assert kept.status_code == 200, kept.text
    await settle()
    return opportunity_id


async def test_all_rows_follow_their_customer(
    house: House, client: Client, bank: Bank, cards: dict[str, Card], settle: Settle
) -> None:
    opportunity_id = await fill_every_table(house, client, cards["C1"], settle)
    here = {(bank.institutions["O11"], bank.staff["RM-O11"])}
    filled = ("opportunity", "contact", "reservation", "draft")
    assert await places(house) == {**dict.fromkeys(filled, here), "result": set()}
    target = bank.institutions["O21"], bank.staff["RM-O21"]
    await move(house, settle, Assigned(cards["C1"].no, *target, version=BANK_DATE.toordinal() + 1))
    assert await places(house) == {**{name: {target} for name in filled}, "result": set()}
    refreshed = {"people": sorted([bank.staff["RM-O11"], bank.staff["RM-O21"]]), "keys": ["opportunities"]}
    assert refreshed in await list_refreshed(house)
    before, after = client.as_staff("RM-O11"), client.as_staff("RM-O21")
    assert (await before.get(f"{PATH}/{opportunity_id}")).status_code == 404
    assert (await before.get(PATH)).json()["items"] == []
    listed = (await after.get(f"{PATH}/{opportunity_id}/draft")).json()
    assert (listed["version"], listed["note"]) == (0, None)  # what another wrote down is not theirs


async def test_all_rows_take_the_new_line_of_their_customer(
    house: House, client: Client, bank: Bank, cards: dict[str, Card], settle: Settle
) -> None:
    await fill_every_table(house, client, cards["C1"], settle)
    version, here = BANK_DATE.toordinal() + 1, (bank.institutions["O11"], bank.staff["RM-O11"])
    await move(house, settle, Assigned(cards["C1"].no, *here, version, "corporate"))
    await move(house, settle, Assigned(cards["C1"].no, *here, version + 1))  # from a time when it was not told
    async with house.service_ctx("marketing").read() as tx:
        lines = {
            table.name: {row.line for row in await tx.all(select(table.c.line))}
            for table in tables.SCOPED
            if table.name != "result"
        }
    assert lines == {name: {"corporate"} for name in ("opportunity", "contact", "reservation", "draft")}


async def test_an_older_change_moves_nothing_back(
    house: House, bank: Bank, cards: dict[str, Card], settle: Settle
) -> None:
    await tell_signals(house, signal(cards["C1"]))
    await settle()
    version = BANK_DATE.toordinal()
    new = bank.institutions["O21"], bank.staff["RM-O21"]
    old = bank.institutions["O12"], bank.staff["RM-O12"]
    await move(house, settle, Assigned(cards["C1"].no, *new, version=version + 2))
    await move(house, settle, Assigned(cards["C1"].no, *old, version=version + 1))
    assert (await places(house))["opportunity"] == {new}


async def test_two_changes_of_one_day_both_count(
    house: House, bank: Bank, cards: dict[str, Card], settle: Settle
) -> None:
    await tell_signals(house, signal(cards["C1"]))
    await settle()
    version = BANK_DATE.toordinal() + 1
    await move(house, settle, Assigned(cards["C1"].no, bank.institutions["O12"], bank.staff["RM-O11"], version))
    await move(house, settle, Assigned(cards["C1"].no, bank.institutions["O12"], bank.staff["RM-O12"], version))
    assert (await places(house))["opportunity"] == {(bank.institutions["O12"], bank.staff["RM-O12"])}


async def test_a_signal_asked_about_before_its_customer_moved_still_lands_in_the_new_place(
    house: House, bank: Bank, cards: dict[str, Card], told: Told, settle: Settle
) -> None:
    """The message of the move came first; what customers answers here is still the old place."""
    target = bank.institutions["O21"], bank.staff["RM-O21"]
    await move(house, settle, Assigned(cards["C1"].no, *target, version=BANK_DATE.toordinal() + 1))
    await tell_signals(house, signal(cards["C1"]))
    await settle()
    assert (await places(house))["opportunity"] == {target}
    (task,) = await told(OpenTask)
    assert isinstance(task, OpenTask)
    assert (task.institution_id, task.assignee_id) == target


async def test_a_customer_whose_manager_was_taken_away_is_nobodys_work(
    house: House, bank: Bank, cards: dict[str, Card], settle: Settle
) -> None:
    await move(house, settle, Assigned(cards["C1"].no, bank.institutions["O11"], None, BANK_DATE.toordinal() + 1))
    await tell_signals(house, signal(cards["C1"]))
    await settle()
    assert await stored(house) == {"T1": ("suppressed", "no_manager")}
