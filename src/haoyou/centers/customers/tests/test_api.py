"""Customers over HTTP: lists, search, one customer, what is shown in clear and what is recorded."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from haoyou.centers.backoffice.contract import AccountFact, BalanceFact, TermFact
from haoyou.centers.customers.contract import Card, ContactOutcome
from haoyou.centers.customers.tests.factories import (
    NOBODY_S,
    WANG,
    Someone,
    account_of,
    assignment_fact,
    contact,
    crowd,
    customer_fact,
    feed,
    list_audit,
    make_customers,
    relationship_fact,
    tell,
)
from haoyou.centers.identity.tests.factories import BANK_DATE, CURRENCY, Bank
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.outbox import settle

ROOM = "/api/customers/v1"
PAGE_STATEMENTS = 28
"""Six of them to know who asks."""
FIRM = Someone("K1", "南宁好友商贸", "O11", "RMC-O11", line="corporate", balance_minor=9_00)
UNNAMED = Someone("10000003", None, "O11", "RM-O11", balance_minor=100)
LI = Someone("10000004", "李芳", "O11", "RM2-O11", balance_minor=300, phone="13911112222")


@pytest.fixture
async def cards(house: House, bank: Bank) -> dict[str, Card]:
    return await make_customers(house, WANG, UNNAMED, LI, FIRM)


async def read(client: Client, path: str, code: str = "RM-O11") -> Any:
    answer = await client.as_staff(code).get(ROOM + path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def numbers(page: dict[str, Any]) -> list[str]:
    return [item["number"] for item in page["items"]]


async def test_a_card(client: Client, cards: dict[str, Card], bank: Bank) -> None:
    page = await read(client, "/customers")
    assert (numbers(page), page["count"], page["next"]) == (["10000001", "10000003"], 2, None)
    assert page["items"][0] == {
        "id": str(cards["10000001"].id),
        "number": "10000001",
        "name": "王芳",
        "kind": "person",
        "line": "retail",
        "tier": "platinum",
        "aum": {"minor": 60_000_000, "currency": CURRENCY},
        "deposits": {"minor": 60_000_000, "currency": CURRENCY},
        "loans": {"minor": 0, "currency": CURRENCY},
        "next_maturity_on": None,
        "phone_masked": "138****2222",
        "manager": {"id": bank.staff["RM-O11"], "name": "员工RM-O11"},
        "institution": {"id": bank.institutions["O11"], "name": {"zh": "一一网点", "en": "Outlet one one"}},
        "last_contact_on": None,
        "open_opportunities": 0,
        "as_of": str(BANK_DATE),
    }


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("aum", ["10000001", "10000004", "10000003"]),
        ("name", ["10000004", "10000001", "10000003"]),  # Li, Wang, then whoever has no name
        ("recent", ["10000004", "10000003", "10000001"]),  # of those never contacted the newest first
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_orders_and_pages(
    client: Client, house: House, cards: dict[str, Card], bank: Bank, sort: str, expected: list[str], limit: int
) -> None:
    await tell(house, contact(cards["10000004"].no, bank.staff["RM2-O11"], ContactOutcome.AGREED))
    await settle(house)
    found: list[str] = []
    path = f"/customers?view=all&sort={sort}&limit={limit}"
    page = await read(client, path, "LM-O11")
    assert page["count"] == 3
    while True:
        found += numbers(page)
        if page["next"] is None:
            break
        page = await read(client, f"{path}&after={quote(page['next'])}", "LM-O11")
        assert page["count"] is None
    assert found == expected


async def test_mine_all_and_one_line(client: Client, cards: dict[str, Card]) -> None:
    assert numbers(await read(client, "/customers?view=mine", "BM-B1")) == []
    assert len(numbers(await read(client, "/customers?view=all", "BM-B1"))) == 4
    assert numbers(await read(client, "/customers?view=all&line=corporate", "BM-B1")) == ["K1"]
    assert numbers(await read(client, "/customers?view=all&line=corporate")) == []


async def test_beyond_a_thousand_nobody_is_told_how_many(client: Client, house: House, bank: Bank) -> None:
    await make_customers(house, *crowd(1_000, "O11", "RM-O11"))
    assert (await read(client, "/customers?limit=1"))["count"] == 1_000
    await make_customers(house, Someone("X", None, "O11", "RM-O11"))
    assert (await read(client, "/customers?limit=1"))["count"] is None


def cursor(*position: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


@pytest.mark.parametrize("after", [
    "!", "AAAA", cursor(1), cursor(1, 2, 3), cursor(None, None), cursor("x", 1), cursor(1e999, 1), cursor(1 << 63, 1),
    cursor([], {}), base64.urlsafe_b64encode(b"[" * 700).decode(),
])  # fmt: skip
async def test_a_forged_position_is_the_caller_s_mistake(client: Client, bank: Bank, after: str) -> None:
    answer = await client.as_staff("RM-O11").get(f"{ROOM}/customers?after={quote(after)}")
    assert (answer.status_code, answer.json()["code"], answer.json()["errors"][0]["field"]) == (422, "invalid", "after")


@pytest.mark.parametrize("name", ["\0", "\ud800"])
async def test_a_position_is_text_that_the_database_takes(client: Client, bank: Bank, name: str) -> None:
    answer = await client.as_staff("RM-O11").get(f"{ROOM}/customers?sort=name&after={quote(cursor(name, 1))}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_a_long_name_does_not_break_the_next_page(client: Client, house: House, bank: Bank) -> None:
    long = Someone("1", "广西壮族自治区南宁市好友商贸有限责任公司第一分公司" * 3, "O11", "RM-O11")
    await make_customers(house, long, Someone("2", None, "O11", "RM-O11"))
    page = await read(client, "/customers?sort=name&limit=1")
    assert numbers(page) == ["1"]
    assert numbers(await read(client, f"/customers?sort=name&limit=1&after={quote(page['next'])}")) == ["2"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("王芳", ["10000001"]),
        ("芳", ["10000001", "10000004"]),
        ("fang", ["10000001", "10000004"]),
        ("WF", ["10000001"]),
        (" wang fang ", ["10000001"]),
        ("1000", ["10000001", "10000003", "10000004"]),
        ("13811112222", ["10000001"]),
        ("2222", ["10000001", "10000004"]),
        ("222", []),
        ("450102199001011234", ["10000001"]),
        ("1381111222", []),
        ("南宁", []),
        ("", []),
        ("\U0010ffff", []),
    ],
)
async def test_search(client: Client, cards: dict[str, Card], words: str, found: list[str]) -> None:
    assert sorted(numbers(await read(client, f"/search?q={quote(words)}", "LM-O11"))) == found


async def test_what_was_typed_into_a_search_is_not_written_down(
    client: Client, house: House, cards: dict[str, Card]
) -> None:
    await read(client, "/search?q=13811112222")
    (entry,) = await list_audit(house, "customers_searched")
    assert (entry["ids"], entry["reason"]) == ([str(cards["10000001"].no)], "digits:11")
    assert "13811112222" not in json.dumps(entry)


async def test_a_customer_s_page(client: Client, house: House, cards: dict[str, Card], bank: Bank) -> None:
    wang = cards["10000001"]
    for _ in range(6):
        await tell(house, contact(wang.no, bank.staff["RM-O11"]))
    await settle(house)
    page = await read(client, f"/customers/{wang.id}")
    assert page["card"]["number"] == "10000001"
    assert page["profile"] == {
        "kind": "person",
        "sex": None,
        "birth_date_masked": "1990******",
        "phone_masked": "138****2222",
        "id_kind": "resident",
        "id_number_masked": "450*************34",
        "uscc": None,
        "since": "2020-01-01",
        "address_masked": None,
        "occupation": None,
        "risk_level": None,
        "refused_channels": [],
    }
    (holding,) = page["holdings"]
    assert holding["account_masked"] == "*" * (len(account_of(WANG)) - 4) + account_of(WANG)[-4:]
    assert holding["balance"] == {"minor": 60_000_000, "currency": CURRENCY}
    assert page["totals"]["deposits"]["minor"] == page["totals"]["aum"]["minor"] == 60_000_000
    assert page["totals"]["other_currencies"] is False
    assert (len(page["contacts"]), page["contacts"][0]["staff"]["name"]) == (5, "员工RM-O11")
    assert page["assignments"] == [
        {"staff": {"id": bank.staff["RM-O11"], "name": "员工RM-O11"}, "kind": "primary", "from_date": "2020-01-01",
         "to_date": None}
    ]  # fmt: skip
    assert page["parts"] == {"tasks": [], "opportunities": []}
    assert [entry["ids"] for entry in await list_audit(house, "customer_seen")] == [[str(wang.no)]]


async def test_what_is_not_in_the_sums_is_said(client: Client, house: House, cards: dict[str, Card]) -> None:
    dollars = AccountFact("U1", "10000001", "term", "USD", None, None, BANK_DATE, None)
    terms = TermFact("U1", 31_500, BANK_DATE + timedelta(days=90), None, "renews")
    await feed(house, accounts=[dollars], terms=[terms], balances=[BalanceFact("U1", BANK_DATE, 1_000_00)])
    page = await read(client, f"/customers/{cards['10000001'].id}")
    (holding,) = [one for one in page["holdings"] if one["balance"]["currency"] == "USD"]
    assert (holding["balance"]["minor"], holding["rate_ppm"], holding["matures_on"], holding["status"]) == (
        1_000_00, 31_500, str(BANK_DATE + timedelta(days=90)), "renews",
    )  # fmt: skip
    assert (page["totals"]["aum"]["minor"], page["totals"]["other_currencies"]) == (60_000_000, True)


async def test_a_page_costs_the_same_whatever_the_customer_has(
    client: Client, house: House, cards: dict[str, Card], bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    for remembered in ("session.CACHE_S", "naming.REMEMBERED_S"):  # else a slow machine counts them now and then
        monkeypatch.setattr(f"haoyou.centers.identity.{remembered}", 0)
    wang = cards["10000001"]
    person, path = client.as_staff("RM-O11"), f"{ROOM}/customers/{wang.id}"
    bare = await person.get(path)
    others = [Someone(f"P{number}", None, "O11", "RM-O11") for number in range(30)]
    await make_customers(house, *others)
    said = replace(customer_fact(WANG), occupation="教师", id_expires_on=BANK_DATE)
    related = [relationship_fact(WANG.code, "parent", one.code) for one in others]
    await feed(house, customers=[said], relationships=related)
    for _ in range(6):
        await tell(house, contact(wang.no, bank.staff["RM-O11"]))
    await settle(house)
    full = await person.get(path)
    assert full.json()["links"]["total"] == 30
    costs = [int(one.headers["Server-Timing"].split('"')[1]) for one in (bare, full)]
    assert costs == [PAGE_STATEMENTS, PAGE_STATEMENTS]


async def test_contacts_page_by_page(client: Client, house: House, cards: dict[str, Card], bank: Bank) -> None:
    wang = cards["10000001"]
    made = [contact(wang.no, bank.staff["RM-O11"]) for _ in range(5)]
    await tell(house, *made)
    await settle(house)
    path = f"/customers/{wang.id}/contacts?limit=2"
    first = await read(client, path)
    second = await read(client, f"{path}&after={quote(first['next'])}")
    third = await read(client, f"{path}&after={quote(second['next'])}")
    found = [item["id"] for page in (first, second, third) for item in page["items"]]
    assert (sorted(found), third["next"]) == (sorted(str(one.contact_id) for one in made), None)


@pytest.mark.parametrize(
    ("field", "value"), [("phone", "13811112222"), ("id_number", "450102199001011234"), ("birth_date", "1990-01-01")]
)
async def test_reveal_shows_one_field_and_says_so(
    client: Client, house: House, cards: dict[str, Card], bank: Bank, field: str, value: str
) -> None:
    body = {"field": field, "reason": "核对客户来电"}
    answer = await client.as_staff("RM-O11").post(f"{ROOM}/customers/{cards['10000001'].id}/reveal", json=body)
    assert (answer.status_code, answer.json()) == (200, {"value": value})
    (entry,) = await list_audit(house, "field_revealed")
    assert (entry["who"], entry["reason"], entry["detail"]) == (
        f"person:{bank.staff['RM-O11']}", "核对客户来电", {"field": field},
    )  # fmt: skip
    assert value not in json.dumps(entry)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"field": "phone", "reason": "短"}, 422),
        ({"field": "phone", "reason": "    "}, 422),
        ({"field": "phone"}, 422),
        ({"field": "name", "reason": "核对客户来电"}, 422),
        ({"field": "id_number", "reason": "核对客户来电"}, 404),  # there is none
    ],
)
async def test_nothing_is_revealed_without_a_reason_or_a_value(
    client: Client, house: House, cards: dict[str, Card], body: dict[str, str], status: int
) -> None:
    answer = await client.as_staff("RM-O11").post(f"{ROOM}/customers/{cards['10000003'].id}/reveal", json=body)
    assert answer.status_code == status
    assert await list_audit(house, "field_revealed") == []


async def test_what_the_customer_says_about_being_contacted(
    client: Client, house: House, cards: dict[str, Card]
) -> None:
    path = f"/customers/{cards['10000001'].id}"
    person = client.as_staff("RM-O11")
    for channel, granted in (("call", False), ("message", False), ("message", True)):
        answer = await person.post(f"{ROOM}{path}/consents", json={"channel": channel, "granted": granted})
        assert answer.status_code == 204
    assert (await read(client, path, "LM-O11"))["profile"]["refused_channels"] == ["call"]


async def test_who_assists_sees_this_one_customer(client: Client, house: House, cards: dict[str, Card]) -> None:
    path = f"/customers/{cards['10000001'].id}"
    await feed(house, assignments=[assignment_fact("10000001", "RM-O21", "assisting")])
    assert numbers(await read(client, "/customers?view=all", "RM-O21")) == ["10000001"]
    assert (await read(client, path, "RM-O21"))["card"]["number"] == "10000001"
    later = assignment_fact("10000001", "RM-O12", "assisting", from_date=BANK_DATE + timedelta(days=1))
    await feed(house, assignments=[later])
    assert (await client.as_staff("RM-O12").get(ROOM + path)).status_code == 404


@pytest.mark.parametrize("part", ["", "/contacts"])
async def test_a_stranger_s_customer_looks_like_nobody(client: Client, cards: dict[str, Card], part: str) -> None:
    answers = [
        (await client.as_staff("RM-O21").get(f"{ROOM}/customers/{one}{part}"))
        for one in (cards["10000001"].id, NOBODY_S)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    first, second = ({**answer.json(), "reference": ""} for answer in answers)
    assert first == second
