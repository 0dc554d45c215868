"""Lists over HTTP: every filter, every order both ways, page after page, for whoever may see what."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from haoyou.centers.backoffice.contract import AccountFact, BalanceFact, TermFact
from haoyou.centers.customers.contract import Card, ContactOutcome, StampListing
from haoyou.centers.customers.rules import SORTS
from haoyou.centers.customers.tests.factories import SINCE, Someone, contact, feed, make_customers, tell
from haoyou.centers.identity.tests.factories import BANK_DATE, CURRENCY, Bank
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.outbox import settle

ROOM = "/api/customers/v1"
PEOPLE = (
    Someone("1", "王芳", "O11", "RM-O11", balance_minor=60_000_000),
    Someone("2", "李强", "O11", "RM2-O11", balance_minor=20_000_000),
    Someone("3", "张伟", "O12", "RM-O12", balance_minor=3_000_000),
    Someone("4", "刘洋", "O12", None, balance_minor=5_00),
    Someone("5", "陈静", "O21", "RM-O21", ("RM-O11",), balance_minor=7_00),
    Someone("6", None, "O21", None, balance_minor=-1_00),
    Someone("7", "南宁好友商贸", "O11", "RMC-O11", line="corporate", balance_minor=9_000_000),
)
SEEN_BY = {
    "RM-O11": {"1", "5"}, "RMC-O11": {"7"}, "LM-O11": {"1", "2"}, "BM-B1": {"1", "2", "3", "4", "7"},
    "BM-B2": {"5", "6"}, "HO": {"1", "2", "3", "4", "5", "6", "7"},
}  # fmt: skip
LOANS = {"2": 900_00, "5": 40_00}
MATURES_IN = {"1": 5, "3": 40}
SPOKEN = {"1": 0, "2": 100}
"""Days ago."""


@pytest.fixture
async def cards(house: House, bank: Bank) -> dict[str, Card]:
    """Customers whose lists differ in every order."""
    found = await make_customers(house, *PEOPLE)
    loans = [AccountFact(f"L{code}", code, "loan", CURRENCY, None, sum_, SINCE, None) for code, sum_ in LOANS.items()]
    terms = [AccountFact(f"T{code}", code, "term", CURRENCY, None, None, SINCE, None) for code in MATURES_IN]
    days = [
        TermFact(f"T{code}", None, BANK_DATE + timedelta(days=days), None, None) for code, days in MATURES_IN.items()
    ]
    await feed(house, accounts=loans + terms, terms=days, balances=[BalanceFact("L2", BANK_DATE, 800_00)])
    manager = bank.staff["RM-O11"]
    for code, days_ago in SPOKEN.items():
        on = BANK_DATE - timedelta(days=days_ago)
        await tell(house, contact(found[code].no, manager, ContactOutcome.REACHED, bank_date=on))
    await tell(house, StampListing(found["3"].no, 2, 1))
    await settle(house)
    return found


async def read(client: Client, query: str, code: str = "HO") -> dict[str, Any]:
    answer = await client.as_staff(code).get(f"{ROOM}/customers?view=all&{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def numbers(client: Client, query: str, code: str = "HO", *, limit: int = 30) -> list[str]:
    """All pages."""
    found, after = list[str](), ""
    for _ in range(10):
        page = await read(client, f"{query}&limit={limit}{after}", code)
        found += [item["number"] for item in page["items"]]
        if page["next"] is None:
            return found
        after = f"&after={quote(page['next'])}"
    raise AssertionError("the list does not end")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("line=corporate", "7"),
        ("kind=organisation", "7"),
        ("kind=person&line=retail", "123456"),
        ("tier=platinum", "1"),
        ("tier=gold", "2"),
        ("tier=silver", "37"),
        ("tier=plain", "456"),
        ("aum_from_minor=3000000&aum_to_minor=20000000", "237"),
        ("unmanaged=true", "46"),
        ("with_opportunities=true", "3"),
        ("quiet_days=0", "234567"),
        ("quiet_days=99", "234567"),
        ("quiet_days=100", "34567"),
        ("matures_days=5", "1"),
        ("matures_days=4", ""),
        ("matures_days=40", "13"),
        ("tier=gold&line=corporate", ""),
        ("order=up", "1234567"),
    ],
)
async def test_a_filter_leaves_what_it_says(client: Client, cards: dict[str, Card], query: str, expected: str) -> None:
    for code, seen in SEEN_BY.items():
        page = await read(client, query, code)
        theirs = seen & set(expected)
        assert ({item["number"] for item in page["items"]}, page["count"]) == (theirs, len(theirs)), code


async def test_a_place_stands_for_all_below_it_and_a_manager_for_theirs(
    client: Client, cards: dict[str, Card], bank: Bank
) -> None:
    async def at(place: str, code: str = "HO") -> set[str]:
        return set(await numbers(client, f"institution_id={bank.institutions[place]}", code))

    assert [await at(place) for place in ("HO", "B1", "O12")] == [set("1234567"), set("12347"), set("34")]
    assert (await at("B1", "BM-B1"), await at("B1", "BM-B2"), await at("O21", "RM-O11")) == (
        set("12347"), set(), {"5"},
    )  # fmt: skip
    managed = f"manager_id={bank.staff['RM2-O11']}"
    assert [await numbers(client, managed, code) for code in ("HO", "BM-B1", "BM-B2")] == [["2"], ["2"], []]


ORDERS = {
    "aum": "1273546",  # corporate 7 has 9,000,000 between 2 and 3; 5 has 7.00, 4 has 5.00
    "deposits": "1273546",
    "loans": "25",
    "name": "5247136",
    "recent": "12",
    "maturity": "13",
}
"""The order of those whose values differ; whoever has none follows by number."""


def in_order(sort: str) -> list[str]:
    known = list(ORDERS[sort])
    rest = sorted(set("1234567") - set(known))
    return known + (rest[::-1] if SORTS[sort] else rest)


def every_way() -> Iterator[tuple[str, str, int]]:
    return product(SORTS, ("up", "down"), (2, 30))


@pytest.mark.parametrize("code", SEEN_BY)
async def test_every_order_runs_both_ways_page_after_page(client: Client, cards: dict[str, Card], code: str) -> None:
    wrong: list[str] = []
    for sort, order, limit in every_way():
        expected = [one for one in in_order(sort) if one in SEEN_BY[code]]
        expected = expected if (order == "down") == SORTS[sort] else expected[::-1]
        found = await numbers(client, f"sort={sort}&order={order}", code, limit=limit)
        if found != expected:
            wrong.append(f"{sort} {order} {limit}: {found}, not {expected}")
    assert wrong == []


@pytest.mark.parametrize("query", ["quiet_days=-1", "matures_days=4000", "tier=gold_plated", "sort=phone", "order=x"])
async def test_a_filter_that_makes_no_sense_is_refused(client: Client, bank: Bank, query: str) -> None:
    answer = await client.as_staff("HO").get(f"{ROOM}/customers?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


async def test_a_common_beginning_finds_the_closest_and_a_rare_one_all(
    client: Client, house: House, bank: Bank
) -> None:
    """Forty of one outlet begin alike; whoever is called just so comes first, whichever outlet they belong to."""
    crowd = [Someone(f"C{number:02}", f"王{chr(0x4E00 + number)}一", "O11", "RM-O11") for number in range(40)]
    await make_customers(house, *crowd, Someone("D1", "王", "O12", "RM-O12"), Someone("D2", "赵王", "O21", "RM-O21"))
    for code, first in (("HO", ["D1", "D2"]), ("BM-B1", ["D1"]), ("BM-B2", ["D2"]), ("RM-O12", ["D1"])):
        answer = await client.as_staff(code).get(f"{ROOM}/search?q={quote('王')}")
        found = [item["number"] for item in answer.json()["items"]]
        assert sorted(found[: len(first)]) == first, code
        assert len(found) == (20 if code in ("HO", "BM-B1") else 1), code
    answer = await client.as_staff("HO").get(f"{ROOM}/search?q=c0")
    assert sorted(item["number"] for item in answer.json()["items"]) == [f"C0{number}" for number in range(10)]


async def test_cards_come_in_the_order_they_were_named_and_only_those_within_reach(
    client: Client, cards: dict[str, Card]
) -> None:
    manager = client.as_staff("RM-O11")
    named = [cards[code].id for code in ("5", "2", "1", "5")] + [UUID(int=7)]
    answer = await manager.get(f"{ROOM}/cards?" + "&".join(f"ids={one}" for one in named))
    assert [item["number"] for item in answer.json()["items"]] == ["5", "1"]  # 2 is a colleague's
    for query in ("", "ids=x", "&".join(f"ids={cards['1'].id}" for _ in range(9))):
        assert (await manager.get(f"{ROOM}/cards?{query}")).status_code == 422
