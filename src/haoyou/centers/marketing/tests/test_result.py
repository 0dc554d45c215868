"""Results come from the bank's facts on the thirtieth day, once, and the board counts exactly them."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from haoyou.centers.customers.contract import Card, StampListing
from haoyou.centers.identity.contract import BusinessDateAdvanced
from haoyou.centers.identity.tests.factories import CURRENCY, Bank
from haoyou.centers.marketing import result, rules, tables, wording
from haoyou.centers.marketing.tests.factories import begin_day, day, id_of, signal, tell, tell_signals
from haoyou.centers.marketing.tests.facts import account, land_facts, movement
from haoyou.centers.tasks.contract import CloseTask
from haoyou.kernel.house import House
from haoyou.kernel.message import Message
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.outbox import list_refreshed

Settle = Callable[[], Awaitable[None]]
Told = Callable[..., Awaitable[list[Message]]]

PATH = "/api/marketing/v1/opportunities"
RESULTS = "/api/marketing/v1/results"

ACCOUNTS = [
    *(account(f"A-{code}", code) for code in ("C1", "C2", "C3", "C4", "C5", "K1")),
    account("L0", "C3", kind="loan", opened_on=day(0)),  # on the day itself: not because of the inflow
    account("L1", "C3", kind="loan", opened_on=day(30)),
    account("D1", "C3", kind="card", opened_on=day(10)),
    account("D2", "C4", kind="card", opened_on=day(31)),  # a day too late
]
TRANSACTIONS = [
    movement("B1", "A-C1", day(-9), "credit", "1000.00"),
    movement("T1", "A-C1", day(0), "credit", "100000.00"),
    movement("W1", "A-C1", day(30), "debit", "50000.00"),  # exactly half is still there
    movement("T3", "A-C3", day(0), "credit", "80000.00"),
    movement("W3", "A-C3", day(1), "debit", "80000.00"),
    movement("B4", "A-C4", day(-9), "credit", "500.00"),
    movement("T4", "A-C4", day(0), "credit", "60000.00"),
    movement("W4", "A-C4", day(29), "debit", "30000.01"),  # a cent short of half
    movement("T5", "A-C5", day(0), "credit", "90000.00"),
    movement("W5", "A-C5", day(31), "debit", "90000.00"),  # gone the day after
    movement("T2", "A-C2", day(0), "credit", "70000.00"),
    movement("TK", "A-K1", day(1), "credit", "40000.00"),
]
FIGURES = (
    ("T1", "C1", 10_000_000, 0),
    ("T2", "C2", 7_000_000, 0),
    ("T3", "C3", 8_000_000, 0),
    ("T4", "C4", 6_000_000, 0),
    ("T5", "C5", 9_000_000, 0),
    ("TK", "K1", 4_000_000, 1),
)


@pytest.fixture
async def raised(house: House, client: Client, cards: dict[str, Card], settle: Settle) -> dict[str, UUID]:
    """Five dispatched (TK a day later), T2 suppressed; T1 and T4 were contacted. Answers the numbers by transaction."""
    signals = [
        signal(cards[code], transaction, account_code=f"A-{code}", amount_minor=amount, bank_date=day(after))
        for transaction, code, amount, after in FIGURES
    ]
    await tell_signals(house, *signals)
    await settle()
    mine = client.as_staff("RM-O11")
    for one in ("C1", "T1"), ("C4", "T4"):
        path = f"{PATH}/{id_of(signal(cards[one[0]], one[1]))}/contacts"
        assert (await mine.post(path, json={"channel": "call", "outcome": "agreed"})).status_code == 200
    await settle()
    return {one.raised_by: id_of(one) for one in signals}


async def begin(house: House, settle: Settle, bank_date: date) -> None:
    await begin_day(house, bank_date)
    await settle()


@pytest.fixture
async def booked(house: House, raised: dict[str, UUID], settle: Settle) -> dict[str, UUID]:
    """The thirtieth day has come, with all its facts."""
    facts = [one for one in TRANSACTIONS if one[2] <= day(30).isoformat()]
    land_facts(house, bank_date=day(30), accounts=ACCOUNTS, transactions=facts)
    await begin(house, settle, day(30))
    return raised


async def results(house: House) -> dict[str, tuple[str, int, int, list[dict[str, str]], date]]:
    o, r = tables.opportunity, tables.result
    query = select(o.c.raised_by, r.c.kind, r.c.held_share_bps, r.c.held_minor, r.c.products, r.c.booked_on)
    async with house.service_ctx("marketing").read() as tx:
        rows = await tx.all(query.join_from(o, r, r.c.opportunity_id == o.c.id))
    return {row.raised_by: (row.kind, row.held_share_bps, row.held_minor, row.products, row.booked_on) for row in rows}


OPENED = [{"kind": "card", "opened_on": "2026-11-30"}, {"kind": "loan", "opened_on": "2026-12-20"}]
EXPECTED = {
    "T1": ("held", 5_000, 5_000_000, [], day(30)),
    "T2": ("held", 10_000, 7_000_000, [], day(30)),
    "T3": ("product", 0, 0, OPENED, day(30)),
    "T4": ("left", 4_999, 2_999_999, [], day(30)),
    "T5": ("held", 10_000, 9_000_000, [], day(30)),
}


async def statuses(house: House) -> dict[str, tuple[str, int]]:
    o = tables.opportunity
    async with house.service_ctx("marketing").read() as tx:
        rows = await tx.all(select(o.c.raised_by, o.c.status, o.c.version))
    return {row.raised_by: (row.status, row.version) for row in rows}


async def test_what_became_of_the_money_is_read_from_the_facts(
    house: House, bank: Bank, cards: dict[str, Card], booked: dict[str, UUID], told: Told
) -> None:
    assert await results(house) == EXPECTED
    assert await statuses(house) == {
        "T1": ("closed", 3),
        "T2": ("suppressed", 1),
        "T3": ("closed", 2),
        "T4": ("closed", 3),
        "T5": ("closed", 2),
        "TK": ("open", 1),
    }
    closed = [one for one in await told(CloseTask) if isinstance(one, CloseTask) and one.result == "booked"]
    expected = [CloseTask(rules.task_id(booked[one]), "booked", 0) for one in ("T1", "T3", "T4", "T5")]
    assert sorted(closed, key=lambda one: str(one.task_id)) == sorted(expected, key=lambda one: str(one.task_id))
    stamps = (await told(StampListing))[-4:]
    assert stamps == [
        StampListing(cards["C1"].no, 0, 3),
        StampListing(cards["C3"].no, 0, 2),
        StampListing(cards["C4"].no, 0, 3),
        StampListing(cards["C5"].no, 0, 2),
    ]
    people = sorted(bank.staff[one] for one in ("RM-O11", "RM-O12", "RM-O21"))
    assert {"people": people, "keys": ["tasks", "opportunities", "results"]} in await list_refreshed(house)


async def test_nothing_is_booked_a_day_early(house: House, raised: dict[str, UUID], settle: Settle) -> None:
    await begin(house, settle, day(29))
    assert await results(house) == {}
    assert {status for status, _ in (await statuses(house)).values()} == {"open", "contacted", "suppressed"}


async def test_a_day_told_twice_books_once(house: House, booked: dict[str, UUID], told: Told, settle: Settle) -> None:
    before = await results(house), await statuses(house), await told(CloseTask, StampListing)
    await tell(house, "identity", BusinessDateAdvanced(business_date=day(30), currency=CURRENCY, first=False))
    await result.book_results(house.service_ctx("marketing"), on=day(30))
    await settle()
    assert (await results(house), await statuses(house), await told(CloseTask, StampListing)) == before


async def test_a_late_day_judges_by_the_thirtieth(house: House, raised: dict[str, UUID], settle: Settle) -> None:
    land_facts(house, bank_date=day(35), accounts=ACCOUNTS, transactions=TRANSACTIONS)
    await begin(house, settle, day(35))
    expected = {one: (*figures[:4], day(35)) for one, figures in EXPECTED.items()}
    assert await results(house) == expected | {"TK": ("held", 10_000, 4_000_000, [], day(35))}


async def test_without_facts_nothing_is_booked(house: House, raised: dict[str, UUID], told: Told) -> None:
    told_before = await told(CloseTask)
    with pytest.raises(AssertionError, match="no transactions have landed until 2026-12-20"):
        await result.book_results(house.service_ctx("marketing"), on=day(30))
    assert await results(house) == {}
    assert await told(CloseTask) == told_before


async def test_beyond_a_days_measure_the_oldest_are_booked_and_the_rest_waits(
    house: House, raised: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    land_facts(house, bank_date=day(35), accounts=ACCOUNTS, transactions=TRANSACTIONS)
    monkeypatch.setattr(result, "BOOKED_PER_DAY_MAX", 4)
    monkeypatch.setattr(result, "OUTCOMES_PER_QUESTION", 3)
    await result.book_results(house.service_ctx("marketing"), on=day(35))
    assert (len(await results(house)), "TK" in await results(house)) == (4, False)
    await result.book_results(house.service_ctx("marketing"), on=day(36))
    assert len(await results(house)) == 6


async def test_a_closed_opportunity_takes_no_more_work(client: Client, booked: dict[str, UUID]) -> None:
    mine, path = client.as_staff("RM-O11"), f"{PATH}/{booked['T1']}"
    before = (await mine.get(path)).json()
    for answer in (
        await mine.post(f"{path}/contacts", json={"channel": "call", "outcome": "agreed"}),
        await mine.post(f"{path}/reservations", json={"id": str(uuid4()), "channel": "call"}),
        await mine.put(f"{path}/draft", json={}, version=0),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "marketing.already_closed")
    assert before["status"] == "closed"
    assert (await mine.get(path)).json() == before


async def test_a_line_carries_its_result(client: Client, booked: dict[str, UUID]) -> None:
    (line,) = (await client.as_staff("BM-B2").get(PATH)).json()["items"]
    assert (line["status"], line["result"]) == (
        "closed",
        {
            "kind": "product",
            "held_share_bps": 0,
            "held_amount": {"minor": 0, "currency": "CNY"},
            "products": OPENED,
            "booked_on": "2026-12-20",
            "version": 2,
            "in_money": True,
        },
    )


def money(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "CNY"}


async def test_the_board_of_the_whole_bank(client: Client, bank: Bank, booked: dict[str, UUID]) -> None:
    answer = await client.as_staff("HO").get(RESULTS)
    board = answer.json()
    assert (answer.status_code, board["as_of"]) == (200, "2026-12-20")
    assert board["definition"] == {"zh": wording.RESULTS_DEFINITION.zh, "en": wording.RESULTS_DEFINITION.en}
    assert board["totals"] == {
        "raised": 6,
        "dispatched": 5,
        "suppressed": 1,
        "contacted": 2,
        "booked": 4,
        "held": 2,
        "product": 1,
        "left": 1,
        "pending": 1,
        "inflow": money(33_000_000),
        "held_amount": money(16_999_999),
        "rate_contacted": {"won": 1, "of": 2},
        "rate_untouched": {"won": 2, "of": 2},
    }
    assert board["suppressed"] == [{"reason": "no_manager", "count": 1}]
    rows = [
        (one["institution"]["name"]["zh"], one["staff"]["id"], [one[each] for each in FIGURES_OF_A_ROW])
        for one in board["rows"]
    ]
    assert rows == [
        ("一一网点", bank.staff["RM-O11"], [2, 2, 2, 1, money(7_999_999)]),
        ("一一网点", bank.staff["RMC-O11"], [1, 0, 0, 0, money(0)]),
        ("一二网点", bank.staff["RM-O12"], [1, 0, 1, 1, money(9_000_000)]),
        ("二一网点", bank.staff["RM-O21"], [1, 0, 1, 1, money(0)]),
    ]
    listed = [(one["id"], one["result"]["kind"]) for one in board["opportunities"]]
    kinds = {str(booked[one]): EXPECTED[one][0] for one in ("T1", "T3", "T4", "T5")}
    assert listed == sorted(kinds.items())


FIGURES_OF_A_ROW = ("dispatched", "contacted", "booked", "won", "held_amount")


async def test_everybody_sees_the_board_of_their_own_customers(client: Client, booked: dict[str, UUID]) -> None:
    expected = {
        "RM-O11": (2, 2, 2, {"won": 1, "of": 2}, {"won": 0, "of": 0}),
        "RM2-O11": (0, 0, 0, {"won": 0, "of": 0}, {"won": 0, "of": 0}),
        "BM-B1": (5, 4, 2, {"won": 1, "of": 2}, {"won": 1, "of": 1}),
        "BM-B2": (1, 1, 0, {"won": 0, "of": 0}, {"won": 1, "of": 1}),
    }
    seen: dict[str, object] = {}
    for code in expected:
        totals = (await client.as_staff(code).get(RESULTS)).json()["totals"]
        rates = totals["rate_contacted"], totals["rate_untouched"]
        seen[code] = (totals["raised"], totals["dispatched"], totals["contacted"], *rates)
    assert seen == expected


async def test_the_board_of_a_period(client: Client, booked: dict[str, UUID]) -> None:
    mine = client.as_staff("HO")
    expected = {
        ("2026-11-20", "2026-11-20"): 5,
        ("2026-11-21", ""): 1,
        ("", "2026-11-19"): 0,
        ("2026-11-20", "2026-11-21"): 6,
    }
    seen: dict[tuple[str, str], int] = {}
    for first, last in expected:
        params = {name: value for name, value in (("from", first), ("to", last)) if value}
        seen[first, last] = (await mine.get(RESULTS, params=params)).json()["totals"]["raised"]
    assert seen == expected


async def test_an_empty_board_and_bad_periods(client: Client, cards: dict[str, Card]) -> None:
    mine = client.as_staff("HO")
    board = (await mine.get(RESULTS)).json()
    assert (board["suppressed"], board["rows"], board["opportunities"]) == ([], [], [])
    assert board["totals"]["inflow"] == money(0)
    backwards = await mine.get(RESULTS, params={"from": "2026-11-21", "to": "2026-11-20"})
    assert (backwards.status_code, backwards.json()["errors"][0]["field"]) == (422, "to")
    nonsense = await mine.get(RESULTS, params={"from": "yesterday"})
    assert (nonsense.status_code, nonsense.json()["errors"][0]["field"]) == (422, "from")


@pytest.mark.house(wire=True)
async def test_the_whole_loop_over_the_wire(client: Client, booked: dict[str, UUID]) -> None:
    """Every question between rooms encoded and decoded: signals, contacts, facts, board."""
    totals = (await client.as_staff("HO").get(RESULTS)).json()["totals"]
    assert (totals["booked"], totals["held_amount"]) == (4, money(16_999_999))
    card = (await client.as_staff("RM-O11").get(f"{PATH}/{booked['T1']}")).json()
    assert (card["customer_card"]["phone_masked"], card["result"]["held_amount"]) == ("138****0001", money(5_000_000))
