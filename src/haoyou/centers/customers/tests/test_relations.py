"""Relationships as the feed brings them and as different people see them."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import true

from haoyou.centers.customers.contract import Card
from haoyou.centers.customers.tests.factories import (
    WANG,
    Someone,
    customer_fact,
    feed,
    list_audit,
    make_customers,
    read_rows,
    relationship_fact,
)
from haoyou.centers.identity.tests.factories import BANK_DATE, CURRENCY, Bank
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client

ROOM = "/api/customers/v1"
TOMORROW = BANK_DATE + timedelta(days=1)
LI = Someone("20000001", "李强", "O11", "RM-O11", balance_minor=1_000)
FIRM = Someone("K1", "南宁好友商贸", "O11", "RMC-O11", line="corporate", balance_minor=20_000)
DAUGHTER = Someone("20000002", "王小明", "O21", "RM-O21", balance_minor=300_000, phone="13933334444")
SUBSIDIARY = Someone("K2", "好友物流", "O11", "RMC-O11", line="corporate", balance_minor=4_000)
FAMILY = (
    relationship_fact(WANG.code, "spouse", LI.code),
    relationship_fact(WANG.code, "household", LI.code),
    relationship_fact(WANG.code, "household", DAUGHTER.code),
    relationship_fact(WANG.code, "owner", FIRM.code, share_ppm=600_000),
    relationship_fact(FIRM.code, "group", SUBSIDIARY.code),
)


@pytest.fixture
async def cards(house: House, bank: Bank) -> dict[str, Card]:
    found = await make_customers(house, WANG, LI, FIRM, DAUGHTER, SUBSIDIARY)
    await feed(house, relationships=FAMILY)
    return found


async def read(client: Client, staff: str, card: Card, query: str = "") -> Any:
    answer = await client.as_staff(staff).get(f"{ROOM}/customers/{card.id}/relations{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def names(graph: dict[str, Any]) -> dict[str | None, int]:
    return {node["customer"] and node["customer"]["number"]: node["step"] for node in graph["nodes"]}


def money(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": CURRENCY}


async def test_head_office_sees_two_steps_and_what_they_have_together(
    client: Client, house: House, cards: dict[str, Card]
) -> None:
    graph = await read(client, "HO", cards[WANG.code])
    assert names(graph) == {"10000001": 0, "20000001": 1, "20000002": 1, "K1": 1, "K2": 2}
    assert {(one["kind"], one["share_bps"], one["holds"]) for one in graph["edges"]} == {
        ("spouse", None, True), ("household", None, True), ("owner", 6_000, True), ("group", None, True),
    }  # fmt: skip
    assert len(graph["edges"]) == len(FAMILY)
    assert (graph["on"], graph["truncated"]) == (str(BANK_DATE), False)
    assert graph["household"] == {
        "customers": 3, "hidden": 0, "foreign": 0, "deposits": money(60_301_000), "aum": money(60_301_000),
        "loans": money(0), "as_of": str(BANK_DATE),
    }  # fmt: skip
    assert graph["control"] == {
        "customers": 3, "hidden": 0, "foreign": 0, "deposits": money(60_024_000), "aum": money(60_024_000),
        "loans": money(0), "as_of": str(BANK_DATE),
    }  # fmt: skip
    (entry,) = await list_audit(house, "relations_seen")
    assert sorted(entry["ids"]) == sorted(str(card.no) for card in cards.values())


async def test_whom_the_reader_may_not_see_has_no_name_no_number_and_no_money(
    client: Client, house: House, cards: dict[str, Card]
) -> None:
    graph = await read(client, "RM-O11", cards[WANG.code])
    assert names(graph) == {"10000001": 0, "20000001": 1, None: 1}
    strangers = [node for node in graph["nodes"] if node["customer"] is None]
    assert sorted(node["key"] for node in strangers) == ["hidden-1", "hidden-2"]  # the daughter and the firm
    assert (graph["household"]["customers"], graph["household"]["hidden"]) == (2, 1)
    assert graph["household"]["deposits"] == money(60_001_000)
    assert (graph["control"]["customers"], graph["control"]["hidden"]) == (1, 1)
    assert graph["control"]["deposits"] == money(60_000_000)
    said = json.dumps(graph, ensure_ascii=False)
    for one in (DAUGHTER, FIRM, SUBSIDIARY):
        assert str(cards[one.code].id) not in said
        assert one.code not in said
        assert str(one.name) not in said
        assert f'"minor": {one.balance_minor}' not in said
    (entry,) = await list_audit(house, "relations_seen")
    assert sorted(entry["ids"]) == sorted(str(cards[code].no) for code in (WANG.code, LI.code))


async def test_the_net_alone_hides_the_same(
    client: Client, cards: dict[str, Card], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the store's own filter taken away, row-level security still shows neither the daughter nor the firm."""
    monkeypatch.setattr("haoyou.centers.customers.store.narrow", lambda *_given, **_columns: true())
    graph = await read(client, "RM-O11", cards[WANG.code])
    assert names(graph) == {"10000001": 0, "20000001": 1, None: 1}
    page = await client.as_staff("RM-O11").get(f"{ROOM}/customers/{cards[WANG.code].id}")
    assert [one["other"] is None for one in page.json()["links"]["items"]] == [False, False, True, True]


async def test_the_other_end_sees_the_same_from_its_side(client: Client, cards: dict[str, Card]) -> None:
    graph = await read(client, "RM-O21", cards[DAUGHTER.code])
    assert names(graph) == {"20000002": 0, None: 1}
    (edge,) = graph["edges"]
    assert (edge["from_key"], edge["to_key"]) == ("hidden-1", str(cards[DAUGHTER.code].id))
    firm = await read(client, "RMC-O11", cards[FIRM.code])
    assert names(firm) == {"K1": 0, "K2": 1, None: 1}
    assert (firm["control"]["customers"], firm["control"]["hidden"]) == (2, 1)
    assert firm["household"] is None


@pytest.mark.parametrize("staff", ["RM-O21", "RMC-O11", "LM-O12", "BM-B2"])
async def test_a_stranger_learns_nothing(client: Client, cards: dict[str, Card], staff: str) -> None:
    answer = await client.as_staff(staff).get(f"{ROOM}/customers/{cards[WANG.code].id}/relations")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_an_ended_relationship_stays_with_its_dates_and_no_longer_counts(
    client: Client, house: House, cards: dict[str, Card]
) -> None:
    ended = [replace(one, to_date=TOMORROW) for one in FAMILY if one.to_code == LI.code]
    await feed(house, relationships=ended, day=TOMORROW)
    before = await read(client, "HO", cards[WANG.code])
    assert {one["holds"] for one in before["edges"]} == {True}
    after = await read(client, "HO", cards[WANG.code], f"?on={TOMORROW}")
    assert sorted((one["kind"], one["to_date"]) for one in after["edges"] if not one["holds"]) == [
        ("household", str(TOMORROW)), ("spouse", str(TOMORROW)),
    ]  # fmt: skip
    assert after["household"]["customers"] == 2
    assert names(await read(client, "HO", cards[WANG.code], "?on=2019-12-31")) == {"10000001": 0}


async def test_the_same_rows_twice_and_older_rows_change_nothing(house: House, cards: dict[str, Card]) -> None:
    words = "select *, xmin::text from customers.relationship order by 1, 2, 3, 4, 5"
    before = await read_rows(house, words)
    assert len(before) == 2 * len(FAMILY)
    await feed(house, relationships=FAMILY)
    await feed(house, relationships=[replace(FAMILY[0], to_date=BANK_DATE)], day=BANK_DATE - timedelta(days=1))
    assert await read_rows(house, words) == before


async def test_what_names_nobody_is_set_aside_and_said(house: House, cards: dict[str, Card]) -> None:
    await feed(
        house,
        relationships=[
            relationship_fact(WANG.code, "parent", "nobody"),
            relationship_fact(WANG.code, "guarantor", WANG.code),
            relationship_fact(LI.code, "guarantor", FIRM.code),
        ],
    )
    (entry,) = await list_audit(house, "orphan_relationships")
    assert entry["ids"] == ["10000001-10000001", "10000001-nobody"]
    kinds = await read_rows(house, "select distinct kind from customers.relationship order by 1")
    assert [row.kind for row in kinds] == ["group", "guarantor", "household", "owner", "spouse"]


async def test_a_customer_who_moves_takes_their_side_along(
    client: Client, house: House, cards: dict[str, Card], settle: Callable[[], Awaitable[None]]
) -> None:
    await feed(house, customers=[customer_fact(replace(WANG, institution="O21"))], day=TOMORROW)
    await settle()
    rows = await read_rows(
        house,
        f"select distinct customer_no = {cards[WANG.code].no} as hers, institution_id from customers.relationship"
        " order by 1, 2",
    )
    moved = [row.institution_id for row in rows if row.hers]
    assert len(moved) == 1
    assert names(await read(client, "BM-B2", cards[DAUGHTER.code])) == {"20000002": 0, "10000001": 1, None: 2}


async def test_a_crowd_is_cut_off_and_says_so(client: Client, house: House, bank: Bank) -> None:
    found = await make_customers(
        house, WANG, *(Someone(f"P{number:03}", None, "O11", "RM-O11") for number in range(70))
    )
    await feed(house, relationships=[relationship_fact(WANG.code, "parent", f"P{number:03}") for number in range(70)])
    graph = await read(client, "HO", found[WANG.code])
    assert (len(graph["nodes"]), len(graph["edges"]), graph["truncated"]) == (60, 59, True)


@pytest.mark.parametrize("on", ["yesterday", "20261120", "2026-13-01"])
async def test_a_day_that_is_none(client: Client, cards: dict[str, Card], on: str) -> None:
    answer = await client.as_staff("HO").get(f"{ROOM}/customers/{cards[WANG.code].id}/relations?on={on}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_the_page_names_the_first_few(client: Client, cards: dict[str, Card]) -> None:
    answer = await client.as_staff("RM-O11").get(f"{ROOM}/customers/{cards[WANG.code].id}")
    links = answer.json()["links"]
    assert links["total"] == 4
    seen = [(one["kind"], one["outward"], one["other"] and one["other"]["name"]) for one in links["items"]]
    assert sorted(seen[:2]) == [("household", True, "李强"), ("spouse", True, "李强")]
    assert sorted(seen[2:]) == [("household", True, None), ("owner", True, None)]
