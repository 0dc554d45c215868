"""Who looks after whom: the house's word beside the feed's, history, and what a new bank day changes."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import pytest

from haoyou.centers.customers.contract import AssignmentChanged
from haoyou.centers.customers.rules import Word, manager_on
from haoyou.centers.customers.tests.factories import (
    WANG,
    Someone,
    assignment_fact,
    customer_fact,
    feed,
    list_audit,
    make_customers,
    read_cards,
    read_rows,
)
from haoyou.centers.identity.tests.factories import BANK_DATE, Bank, advance_to
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.plugin import Toldings

ROOM = "/api/customers/v1"
Settle = Callable[[], Awaitable[None]]
LI = Someone("10000002", "李强", "O21", "RM-O21", phone="13900000001")
FIRM = Someone("K1", "南宁好友商贸", "O11", "RMC-O11", line="corporate")


def day(after: int) -> date:
    return BANK_DATE + timedelta(days=after)


def said(staff: int, first: int, last: int | None = None, *, house: bool = False, order: int = 0) -> Word:
    return Word(staff, day(first), None if last is None else day(last), house, order)


@pytest.mark.parametrize(
    ("words", "manager"),
    [
        ([], 0),
        ([said(1, -9)], 1),
        ([said(1, -9), said(2, -1)], 2),
        ([said(1, -9), said(2, 1)], 1),
        ([said(1, -9), said(2, -5, -1)], 1),
        ([said(1, -9), said(2, -5, 0)], 2),
        ([said(2, 0), said(1, 0)], 1),
        ([said(1, 0), said(2, 0, house=True)], 2),
        ([said(1, -9), said(0, -1, house=True)], 0),
        ([said(2, 0, house=True, order=7), said(3, 0, house=True, order=8)], 3),
        ([said(2, -1, house=True, order=9), said(3, 0)], 3),
    ],
)
def test_of_what_holds_the_newest_counts_and_on_one_day_the_house(words: list[Word], manager: int) -> None:
    assert manager_on(words, BANK_DATE) == manager
    assert manager_on(reversed(words), BANK_DATE) == manager


async def decide(client: Client, code: str, customer: Any, staff: int | None, **body: Any) -> Any:
    given = {"kind": "primary", "staff_id": staff, "from_date": str(BANK_DATE), "reason": "岗位调整", **body}
    return await client.as_staff(code).post(f"{ROOM}/customers/{customer.id}/assignments", json=given)


async def sees(client: Client, code: str, customer: Any) -> bool:
    answer = await client.as_staff(code).get(f"{ROOM}/customers/{customer.id}")
    assert answer.status_code in (200, 404)
    return answer.status_code == 200


async def test_a_branch_manager_gives_a_customer_to_somebody_else(
    house: House, bank: Bank, client: Client, settle: Settle, told: Toldings
) -> None:
    wang = (await make_customers(house, WANG))[WANG.code]
    assert (await decide(client, "BM-B1", wang, bank.staff["RM2-O11"])).status_code == 204
    assert not await sees(client, "RM-O11", wang)
    assert await sees(client, "RM2-O11", wang)
    change = (await told(AssignmentChanged))[-1]
    assert isinstance(change, AssignmentChanged)
    assert [(one.customer_no, one.manager_id) for one in change.changes] == [(wang.no, bank.staff["RM2-O11"])]
    history = (await client.as_staff("RM2-O11").get(f"{ROOM}/customers/{wang.id}/assignments")).json()["items"]
    assert [(one["origin"], one["staff"]["id"], one["reason"]) for one in history] == [
        ("staff", bank.staff["RM2-O11"], "岗位调整"),
        ("feed", bank.staff["RM-O11"], ""),
    ]
    assert history[0]["decided_by"]["id"] == bank.staff["BM-B1"]
    assert history[0]["before"]["id"] == bank.staff["RM-O11"]
    (entry,) = await list_audit(house, "assignment_decided")
    assert (entry["who"], entry["ids"], entry["reason"]) == (
        f"person:{bank.staff['BM-B1']}", [str(wang.no)], "岗位调整",
    )  # fmt: skip


async def test_the_feed_repeating_itself_does_not_undo_the_house(
    house: House, bank: Bank, client: Client, told: Toldings
) -> None:
    wang = (await make_customers(house, WANG))[WANG.code]
    await decide(client, "BM-B1", wang, bank.staff["RM2-O11"])
    before = await told(AssignmentChanged)
    await feed(house, customers=[customer_fact(WANG)], assignments=[assignment_fact(WANG.code, "RM-O11")], day=day(1))
    assert (await read_cards(house, WANG.code))[WANG.code].manager_id == bank.staff["RM2-O11"]
    assert await told(AssignmentChanged) == before
    newer = assignment_fact(WANG.code, "RM-O12", from_date=day(1))
    await feed(house, assignments=[newer], day=day(1))
    assert (await read_cards(house, WANG.code))[WANG.code].manager_id == bank.staff["RM-O12"]


async def test_versions_of_a_customer_only_grow(house: House, bank: Bank, client: Client, told: Toldings) -> None:
    """The feed of tomorrow comes while the house still lives today; whoever hears must not take today's for older."""
    wang = (await make_customers(house, WANG))[WANG.code]
    await feed(house, assignments=[assignment_fact(WANG.code, "RM2-O11", from_date=day(3))], day=day(3))
    await decide(client, "BM-B1", wang, bank.staff["RM-O12"], from_date=str(day(4)))
    await feed(house, customers=[customer_fact(WANG)], day=day(3))
    await decide(client, "BM-B1", wang, bank.staff["RM-O12"])
    await feed(house, assignments=[assignment_fact(WANG.code, "RM-O11", from_date=day(4))], day=day(4))
    versions = [change.changes[0].version for change in await told(AssignmentChanged)]  # type: ignore[attr-defined]
    assert len(versions) >= 3
    assert versions == sorted(set(versions))


async def test_nobody_decides_beyond_their_institutions(house: House, bank: Bank, client: Client) -> None:
    cards = await make_customers(house, WANG, LI, FIRM)
    tried = [
        await decide(client, "BM-B1", cards[LI.code], bank.staff["RM-O11"]),
        await decide(client, "BM-B1", cards[WANG.code], bank.staff["RM-O21"]),
        await decide(client, "BM-B1", cards[WANG.code], bank.staff["LM-O11"]),
        await decide(client, "RM-O11", cards[WANG.code], bank.staff["RM2-O11"]),
        await decide(client, "BM-B1", cards[FIRM.code], bank.staff["RM-O11"]),
    ]
    assert [(one.status_code, one.json()["code"]) for one in tried] == [
        (404, "not_found"),
        (404, "not_found"),
        (404, "not_found"),
        (403, "forbidden"),
        (409, "customers.line_not_served"),
    ]
    assert await read_rows(house, "select 1 from customers.decision") == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"from_date": str(day(-1))}, "from_date"),
        ({"from_date": str(day(400))}, "from_date"),
        ({"to_date": str(day(-1))}, "to_date"),
        ({"kind": "assisting", "staff_id": None}, "staff_id"),
    ],
)
async def test_dates_that_make_no_sense(
    house: House, bank: Bank, client: Client, body: dict[str, Any], field: str
) -> None:
    wang = (await make_customers(house, WANG))[WANG.code]
    answer = await decide(client, "BM-B1", wang, bank.staff["RM2-O11"], **body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.house(customers_per_manager_max=1)
async def test_nobody_is_given_more_than_one_may_have(house: House, bank: Bank, client: Client) -> None:
    other = Someone("10000003", "赵敏", "O11", "RM2-O11")
    cards = await make_customers(house, WANG, other)
    answer = await decide(client, "BM-B1", cards[WANG.code], bank.staff["RM2-O11"])
    assert (answer.status_code, answer.json()["code"], answer.json()["most"]) == (409, "customers.manager_full", 1)


async def test_assisting_gives_sight_and_ending_it_takes_it_away(house: House, bank: Bank, client: Client) -> None:
    wang = (await make_customers(house, WANG))[WANG.code]
    assert not await sees(client, "RM-O12", wang)
    await decide(client, "BM-B1", wang, bank.staff["RM-O12"], kind="assisting")
    assert await sees(client, "RM-O12", wang)
    assert await sees(client, "RM-O11", wang)
    await decide(client, "BM-B1", wang, bank.staff["RM-O12"], kind="assisting", holds=False)
    assert not await sees(client, "RM-O12", wang)


async def test_what_begins_or_ends_by_its_date_does_so_with_the_bank_day(
    house: House, bank: Bank, client: Client, settle: Settle
) -> None:
    wang = (await make_customers(house, WANG))[WANG.code]
    await settle()
    await decide(client, "BM-B1", wang, bank.staff["RM2-O11"], from_date=str(day(2)), to_date=str(day(3)))
    managers: list[int | None] = []
    for after in (0, 1, 3, 6):
        await advance_to(house, day(after))
        await settle()
        managers.append((await read_cards(house, WANG.code))[WANG.code].manager_id)
    first, second = bank.staff["RM-O11"], bank.staff["RM2-O11"]
    assert managers == [first, first, second, first]
    assert len(await list_audit(house, "assignments_by_date")) == 2


async def test_a_customer_of_nobody_lies_in_the_pool(house: House, bank: Bank, client: Client) -> None:
    wang = (await make_customers(house, WANG))[WANG.code]
    assert (await decide(client, "BM-B1", wang, None)).status_code == 204
    assert (await read_cards(house, WANG.code))[WANG.code].manager_id is None
    page = (await client.as_staff("RM2-O11").get(f"{ROOM}/pool")).json()
    assert [(one["name_masked"], one["came_by"], one["reason"]) for one in page["items"]] == [
        ("王*", "staff", "岗位调整")
    ]


async def test_to_whom_a_branch_manager_may_give(house: House, bank: Bank, client: Client) -> None:
    await make_customers(house, WANG, LI)
    answer = (await client.as_staff("BM-B1").get(f"{ROOM}/receivers")).json()
    assert {one["staff"]["id"]: one["held"] for one in answer["items"]} == {
        bank.staff["RM-O11"]: 1, bank.staff["RM2-O11"]: 0, bank.staff["RMC-O11"]: 0, bank.staff["RM-O12"]: 0,
    }  # fmt: skip
