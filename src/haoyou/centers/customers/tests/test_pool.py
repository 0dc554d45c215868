"""The open pool: who sees it, claiming, giving back, and what goes back by itself."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from haoyou.centers.customers.contract import Card
from haoyou.centers.customers.rules import masked_name
from haoyou.centers.customers.tests.factories import (
    Someone,
    contact,
    list_audit,
    make_customers,
    read_cards,
    read_rows,
    tell,
)
from haoyou.centers.identity.tests.factories import BANK_DATE, Bank, advance_to
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client

ROOM = "/api/customers/v1"
Settle = Callable[[], Awaitable[None]]
SUN = Someone("P1", "孙无主", "O11", balance_minor=300, phone="13800000001")
QIAN = Someone("P2", "钱多多", "O11", balance_minor=200)
FAR = Someone("P3", "周远", "O21", balance_minor=100)
FIRM = Someone("P4", "南宁好友商贸", "O11", line="corporate")
MINE = Someone("P5", "王芳", "O11", "RM-O11")


@pytest.fixture
async def cards(house: House, bank: Bank, settle: Settle) -> dict[str, Card]:
    made = await make_customers(house, SUN, QIAN, FAR, FIRM, MINE)
    await settle()
    return made


async def claim(client: Client, code: str, card: Card) -> Any:
    return await client.as_staff(code).post(f"{ROOM}/pool/{card.id}/claim")


async def release(client: Client, code: str, card: Card) -> Any:
    return await client.as_staff(code).post(f"{ROOM}/customers/{card.id}/release", json={"reason": "客户迁往外地"})


async def pool(client: Client, code: str, query: str = "") -> Any:
    answer = await client.as_staff(code).get(f"{ROOM}/pool{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def manager_of(house: House, one: Someone) -> int | None:
    return (await read_cards(house, one.code))[one.code].manager_id


async def days_pass(house: House, settle: Settle, first: int, last: int) -> None:
    for number in range(first, last + 1):
        await advance_to(house, BANK_DATE + timedelta(days=number))
        await settle()


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("王芳", "person", "王*"),
        ("欧阳芳芳", "person", "欧***"),
        (None, "person", None),
        ("好友", "organisation", "好友"),
    ],
)
def test_a_name_in_the_pool(name: str | None, kind: str, shown: str | None) -> None:
    assert masked_name(name, kind) == shown


@pytest.mark.parametrize(
    ("code", "numbers"),
    [
        ("RM-O11", ["P1", "P2"]),
        ("RMC-O11", ["P4"]),
        ("RM-O12", []),
        ("LM-O11", ["P1", "P2"]),
        ("BM-B1", ["P1", "P2", "P4"]),
        ("HO", ["P1", "P2", "P3", "P4"]),
    ],
)
async def test_everybody_sees_the_pool_of_their_institution(
    client: Client, cards: dict[str, Card], code: str, numbers: list[str]
) -> None:
    page = await pool(client, code)
    assert ([one["number"] for one in page["items"]], page["count"], page["next"]) == (numbers, len(numbers), None)


async def test_the_pool_page_by_page(client: Client, cards: dict[str, Card]) -> None:
    first = await pool(client, "RM-O11", "?limit=1")
    second = await pool(client, "RM-O11", f"?limit=1&after={first['next']}")
    assert [one["number"] for page in (first, second) for one in page["items"]] == ["P1", "P2"]
    assert second["next"] is None


async def test_a_claim_makes_the_customer_mine(
    house: House, client: Client, cards: dict[str, Card], bank: Bank
) -> None:
    sun = cards["P1"]
    page = f"{ROOM}/customers/{sun.id}"
    assert (await client.as_staff("RM-O11").get(page)).status_code == 404
    assert (await claim(client, "RM-O11", sun)).status_code == 204
    shown = await client.as_staff("RM-O11").get(page)
    assert (shown.status_code, shown.json()["card"]["manager"]["id"]) == (200, bank.staff["RM-O11"])
    listed = await pool(client, "RM-O11")
    assert ([one["number"] for one in listed["items"]], listed["claims_left"]) == (["P2"], 4)
    history = (await client.as_staff("RM-O11").get(f"{page}/assignments")).json()["items"]
    assert [(one["origin"], one["staff"]["id"]) for one in history] == [("claim", bank.staff["RM-O11"])]
    (entry,) = await list_audit(house, "pool_claimed")
    assert entry["who"] == f"person:{bank.staff['RM-O11']}"


async def test_of_two_who_claim_at_once_the_first_wins(
    house: House, client: Client, cards: dict[str, Card], bank: Bank
) -> None:
    answers = await asyncio.gather(*(claim(client, code, cards["P1"]) for code in ("RM-O11", "RM2-O11") * 3))
    assert sorted(one.status_code for one in answers) == [204, 409, 409, 409, 409, 409]
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"customers.already_claimed"}
    assert len(await read_rows(house, "select 1 from customers.decision")) == 1


async def test_nobody_claims_what_is_not_in_their_pool(
    house: House, client: Client, cards: dict[str, Card], bank: Bank
) -> None:
    tried = [
        await claim(client, "RM-O11", cards["P3"]),
        await claim(client, "RM-O11", cards["P4"]),
        await claim(client, "RM2-O11", cards["P5"]),
        await claim(client, "BM-B1", cards["P1"]),
    ]
    assert [one.status_code for one in tried] == [404, 404, 404, 403]
    assert await read_rows(house, "select 1 from customers.decision") == []


@pytest.mark.house(pool_claims_per_day_max=1)
async def test_so_many_claims_a_day(house: House, client: Client, cards: dict[str, Card], settle: Settle) -> None:
    assert (await claim(client, "RM-O11", cards["P1"])).status_code == 204
    answer = await claim(client, "RM-O11", cards["P2"])
    assert (answer.status_code, answer.json()["code"], answer.json()["most"]) == (409, "customers.claims_used_up", 1)
    assert (await claim(client, "RM2-O11", cards["P2"])).status_code == 204
    await release(client, "RM2-O11", cards["P2"])
    await days_pass(house, settle, 1, 1)
    assert (await claim(client, "RM-O11", cards["P2"])).status_code == 204


@pytest.mark.house(customers_per_manager_max=1)
async def test_whoever_has_all_one_may_have_claims_nothing(client: Client, cards: dict[str, Card]) -> None:
    answer = await claim(client, "RM-O11", cards["P1"])
    assert (answer.status_code, answer.json()["code"]) == (409, "customers.manager_full")
    assert (await claim(client, "RM2-O11", cards["P1"])).status_code == 204


async def test_only_what_was_claimed_is_given_back(
    house: House, client: Client, cards: dict[str, Card], bank: Bank
) -> None:
    await claim(client, "RM-O11", cards["P1"])
    tried = [
        await release(client, "RM-O11", cards["P5"]),
        await release(client, "RM2-O11", cards["P1"]),
        await release(client, "RM-O11", cards["P1"]),
    ]
    assert [one.status_code for one in tried] == [409, 404, 204]
    assert await manager_of(house, SUN) is None
    page = await pool(client, "RM2-O11")
    assert [(one["number"], one["came_by"], one["reason"]) for one in page["items"]] == [
        ("P1", "release", "客户迁往外地"), ("P2", None, ""),
    ]  # fmt: skip


@pytest.mark.house(pool_contact_within_bank_days=2, pool_cooldown_bank_days=3)
async def test_without_a_contact_the_customer_goes_back_and_cools_down(
    house: House, client: Client, cards: dict[str, Card], bank: Bank, settle: Settle
) -> None:
    await claim(client, "RM-O11", cards["P1"])
    await claim(client, "RM-O11", cards["P2"])
    await tell(house, contact(cards["P2"].no, bank.staff["RM-O11"]))
    await settle()
    await days_pass(house, settle, 1, 2)
    assert await manager_of(house, SUN) == bank.staff["RM-O11"]
    await days_pass(house, settle, 3, 3)
    assert (await manager_of(house, SUN), await manager_of(house, QIAN)) == (None, bank.staff["RM-O11"])
    assert [one["cooling"] for one in (await pool(client, "RM-O11"))["items"]] == [True]
    assert [one["cooling"] for one in (await pool(client, "RM2-O11"))["items"]] == [False]
    answer = await claim(client, "RM-O11", cards["P1"])
    assert (answer.status_code, answer.json()["code"], answer.json()["bank_days"]) == (
        409, "customers.cooling_down", 3,
    )  # fmt: skip
    await days_pass(house, settle, 4, 6)
    assert (await claim(client, "RM-O11", cards["P1"])).status_code == 204
    assert await list_audit(house, "pool_recycled") != []
