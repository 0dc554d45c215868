"""Whoever is held out: drawn for good, counted by head office, and seen by nobody, whatever they ask."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, true

from haoyou.centers.customers.contract import Card, StampListing
from haoyou.centers.identity.tests.factories import Bank
from haoyou.centers.marketing import rules, store, tables
from haoyou.centers.marketing.dispatch import HOLD_OUT
from haoyou.centers.marketing.tests.factories import begin_day, day, id_of, make_people, signal, tell_signals
from haoyou.centers.marketing.tests.facts import account, land_facts, movement
from haoyou.centers.tasks.contract import OpenTask
from haoyou.kernel.house import House
from haoyou.kernel.message import Message
from haoyou.kernel.testing.client import Client

pytestmark = pytest.mark.house(control_group_percent=31)  # of the fingerprints below: the first three

Settle = Callable[[], Awaitable[None]]
Told = Callable[..., Awaitable[list[Message]]]

PATH = "/api/marketing/v1/opportunities"
RESULTS, ARMS = "/api/marketing/v1/results", "/api/marketing/v1/results/arms"
PEOPLE = ("RM-O11", "RM-O12", "RM-O21", "RMC-O11", "LM-O11", "BM-B1", "BM-B2", "HO")
MANAGED = ("C1", "C3", "C4", "C5", "K1")


@pytest.fixture
async def cards(house: House, bank: Bank, settle: Settle, monkeypatch: pytest.MonkeyPatch) -> dict[str, Card]:
    """The small bank's people; a third of them in the control group, C1 and C5 among them, C3 and K1 not."""
    made = await make_people(house)
    await settle()
    drawn = {str(made[code].id): at for at, code in enumerate(("C1", "C5", "C2", "C3", "K1", "C4"))}

    def blind(_keys: object, value: str, *, purpose: str) -> str:
        assert purpose == HOLD_OUT
        return f"{drawn[value] * 1_500:012x}"

    monkeypatch.setattr(type(house.keyring), "blind", blind)
    return made


async def raise_all(house: House, cards: dict[str, Card], settle: Settle) -> dict[str, UUID]:
    """Two signals of different rules for everybody."""
    signals = [
        signal(cards[code], f"{rule}-{code}", rule=rule, account_code=f"A-{code}")
        for code in (*MANAGED, "C2")
        for rule in ("large_inflow", "idle_balance")
    ]
    await tell_signals(house, *signals)
    await settle()
    return {one.raised_by: id_of(one) for one in signals}


async def stored(house: House) -> dict[str, tuple[str, str, str | None]]:
    t = tables.opportunity
    async with house.service_ctx("marketing").read() as tx:
        rows = await tx.all(select(t.c.raised_by, t.c.arm, t.c.status, t.c.suppressed_reason))
    return {row.raised_by: (row.arm, row.status, row.suppressed_reason) for row in rows}


async def test_a_held_out_customer_is_nobodys_work(
    house: House, client: Client, cards: dict[str, Card], told: Told, settle: Settle
) -> None:
    await raise_all(house, cards, settle)
    found = await stored(house)
    assert {name: found[name] for name in found if name.endswith(("C1", "C3", "C2"))} == {
        "large_inflow-C1": ("control", "control", None),
        "idle_balance-C1": ("control", "suppressed", "outscored"),
        "large_inflow-C2": ("control", "suppressed", "no_manager"),
        "idle_balance-C2": ("control", "suppressed", "no_manager"),
        "large_inflow-C3": ("treated", "open", None),
        "idle_balance-C3": ("treated", "suppressed", "outscored"),
    }
    worked = {cards[code].no for code in ("C3", "C4", "K1")}
    assert {one.customer_no for one in await told(OpenTask) if isinstance(one, OpenTask)} == worked
    assert {one.customer_no for one in await told(StampListing) if isinstance(one, StampListing)} == worked


async def test_a_customer_stays_in_their_arm_and_is_kept_back_like_any_other(
    house: House, cards: dict[str, Card], settle: Settle
) -> None:
    await raise_all(house, cards, settle)
    later = [signal(cards[code], f"later-{code}", rule="idle_balance", bank_date=day(20)) for code in ("C1", "C3")]
    free = [signal(cards[code], f"free-{code}", rule="idle_balance", bank_date=day(31)) for code in ("C1", "C3")]
    await tell_signals(house, *later)
    await tell_signals(house, *free)
    await settle()
    found = await stored(house)
    assert [found[f"{when}-{code}"] for when in ("later", "free") for code in ("C1", "C3")] == [
        ("control", "suppressed", "already_open"),
        ("treated", "suppressed", "already_open"),
        ("control", "control", None),
        ("treated", "open", None),
    ]


async def everything_seen(client: Client, cards: dict[str, Card], ids: dict[str, UUID]) -> dict[str, str]:
    """All that every post can be answered about opportunities, as one text each."""
    seen: dict[str, str] = {}
    for code in PEOPLE:
        mine = client.as_staff(code)
        answers = [await mine.get(PATH, params={"limit": "100"})]
        answers += [
            await mine.get(PATH, params={"status": one, "limit": "100"})
            for one in ("open", "contacted", "closed", "suppressed")
        ]
        answers += [await mine.get(f"{PATH}/{one}") for one in ids.values()]
        answers += [await mine.get(f"{PATH}/{one}/draft") for one in ids.values()]
        answers.append(await mine.get(RESULTS))
        answers.append(await mine.get("/api/tasks/v1/tasks"))
        answers += [await mine.get(f"/api/customers/v1/customers/{card.id}") for card in cards.values()]
        answers.append(await mine.get("/api/customers/v1/customers", params={"view": "all"}))
        seen[code] = "\n".join(answer.text for answer in answers)
    return seen


@pytest.mark.parametrize("net_alone", [False, True])
async def test_nobody_meets_a_held_out_opportunity(
    house: House,
    client: Client,
    cards: dict[str, Card],
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
    net_alone: bool,
) -> None:
    """Lists, cards, drafts, boards, to-do and customers' pages; with the store's own filter and by the net alone."""
    ids = await raise_all(house, cards, settle)
    await settle()
    hidden = {name: one for name, one in ids.items() if name.endswith(("C1", "C5", "C2"))}
    if net_alone:
        monkeypatch.setattr(store, "narrow", lambda *_scope, **_columns: true())
        monkeypatch.setattr(store, "IS_SHOWN", true())
    seen = await everything_seen(client, cards, hidden)
    leaks = [(code, name) for code, text in seen.items() for name, one in hidden.items() if f'"{one}"' in text]
    assert leaks == []
    assert [code for code, text in seen.items() if "control" in text] == []
    shown = await client.as_staff("HO").get(f"{PATH}/{ids['large_inflow-C3']}")
    assert shown.status_code == 200  # and whoever is not held out is there


async def test_boards_below_say_nothing_of_the_control_group(
    house: House, client: Client, cards: dict[str, Card], settle: Settle
) -> None:
    await raise_all(house, cards, settle)
    figures: dict[str, Any] = {}
    for code in ("RM-O11", "BM-B1", "HO"):
        board = (await client.as_staff(code).get(RESULTS)).json()
        totals = board["totals"]
        assert totals["raised"] == totals["dispatched"] + totals["suppressed"]
        figures[code] = (totals["raised"], totals["dispatched"], board["suppressed"])
    assert figures == {
        "RM-O11": (2, 1, [{"reason": "outscored", "count": 1}]),
        "BM-B1": (4, 2, [{"reason": "outscored", "count": 2}]),
        "HO": (6, 3, [{"reason": "outscored", "count": 3}]),
    }


FACTS_DAY = day(30)


async def book(house: House, settle: Settle) -> None:
    """The thirtieth day: all inflows are still there, and C1 and C3 put them into deposits of their own."""
    codes = (*MANAGED, "C2")
    accounts = [account(f"A-{code}", code) for code in codes]
    accounts += [account(f"D-{code}", code, kind="term", opened_on=day(2)) for code in ("C1", "C3")]
    came = [movement(f"large_inflow-{code}", f"A-{code}", day(0), "credit", "32000.00") for code in codes]
    for code in ("C1", "C3"):
        came.append(movement(f"W-{code}", f"A-{code}", day(2), "debit", "32000.00"))
        came.append(movement(f"D-{code}", f"D-{code}", day(2), "credit", "32000.00"))
    land_facts(house, bank_date=FACTS_DAY, accounts=accounts, transactions=came)
    await begin_day(house, FACTS_DAY)
    await settle()


async def test_head_office_sees_both_arms_in_sums_and_they_add_up(
    house: House, client: Client, cards: dict[str, Card], settle: Settle
) -> None:
    """Opportunities = dispatched + held out + suppressed, by rule and arm; results are booked for all alike."""
    await raise_all(house, cards, settle)
    await book(house, settle)
    answer = await client.as_staff("HO").get(ARMS)
    assert answer.status_code == 200, answer.text
    rows = {
        (one["rule"], one["arm"]): [one[name] for name in ("raised", "taken", "suppressed", "booked", "won")]
        for one in answer.json()["rows"]
    }
    assert rows == {
        ("large_inflow", "treated"): [3, 3, 0, 3, 3],
        ("large_inflow", "control"): [3, 2, 1, 2, 2],
        ("idle_balance", "treated"): [3, 0, 3, 0, 0],
        ("idle_balance", "control"): [3, 0, 3, 0, 0],
    }
    o, r = tables.opportunity, tables.result
    async with house.service_ctx("marketing").read() as tx:
        counted = Counter((row.arm, row.status) for row in await tx.all(select(o.c.arm, o.c.status)))
        results = Counter(
            (row.arm, row.kind, row.version) for row in await tx.all(select(r.c.arm, r.c.kind, r.c.version))
        )
    assert counted == {
        ("treated", "closed"): 3,
        ("treated", "suppressed"): 3,
        ("control", "control"): 2,
        ("control", "suppressed"): 4,
    }
    assert counted.total() == results.total() == sum(one[0] for one in rows.values()) == 12
    assert {key: results[key] for key in results if key[2] == 2} == {
        ("treated", "product", 2): 1,
        ("treated", "held", 2): 2,
        ("control", "product", 2): 1,
        ("control", "held", 2): 2,
    }


@pytest.mark.usefixtures("cards")
async def test_nobody_else_may_ask_for_the_arms(client: Client) -> None:
    for code in ("RM-O11", "LM-O11", "BM-B1", "ADMIN"):
        answer = await client.as_staff(code).get(ARMS)
        assert (code, answer.status_code) == (code, 403)
    backwards = await client.as_staff("HO").get(ARMS, params={"from": "2026-11-21", "to": "2026-11-20"})
    assert (backwards.status_code, backwards.json()["errors"][0]["field"]) == (422, "to")


def test_the_draw_is_near_its_share_and_only_grows(house: House) -> None:
    """By the real key of this house: a tenth within three standard deviations, and within a fifth."""
    prints = [house.keyring.blind(str(UUID(int=number)), purpose=HOLD_OUT) for number in range(10_000)]
    tenth = {one for one in prints if rules.is_held_out(one, 10)}
    assert 910 <= len(tenth) <= 1_090
    assert tenth <= {one for one in prints if rules.is_held_out(one, 20)}
    assert [house.keyring.blind(str(UUID(int=number)), purpose=HOLD_OUT) for number in range(10)] == prints[:10]
