"""Finding those who are here already: what speaks for one customer, what is proposed to whom, and what never again."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from haoyou.centers.customers.contract import Card
from haoyou.centers.customers.likeness import Trace, is_similar, judge
from haoyou.centers.customers.tests.factories import Someone, customer_fact, feed, make_customers, read_rows
from haoyou.centers.identity.tests.factories import BANK_DATE, Bank
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client

ROOM = "/api/customers/v1"
Settle = Callable[[], Awaitable[None]]
ID = "450102199001011234"
WANG = Someone("D1", "王芳", "O11", "RM-O11", phone="13811112222", id_number=ID, birth_date="1990-01-01")
SAME_ID = Someone("D2", "王方", "O12", "RM-O12", phone="13855556666", id_number=ID)
SAME_PHONE = Someone("D3", "王芳", "O11", "RM-O11", phone="13811112222")
ELSEWHERE = Someone("D4", "王芳", "O21", "RM-O21", birth_date="1990-01-01")
STRANGER = Someone("D5", "李强", "O11", "RM-O11", phone="13811112222", birth_date="1990-01-01")
ONE = Trace(1, "person", "王小芳", None, None, None, "P", "T", "B")


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({"phone_index": "Q", "phone_tail_index": "U", "birth_index": "C"}, None),
        ({"phone_index": "Q", "birth_index": None}, (50, "name phone_tail")),
        ({"birth_index": "C"}, (80, "name phone")),
        ({}, (90, "name birth_date phone")),
        ({"phone_index": None, "phone_tail_index": None}, (70, "name birth_date")),
        ({"name": "王晓芳"}, (60, "similar_name birth_date phone")),
        ({"name": "李强", "birth_index": None}, None),
        ({"name": None}, None),
        ({"kind": "organisation"}, None),
    ],
)
def test_what_speaks_for_one_customer(other: dict[str, Any], found: tuple[int, str] | None) -> None:
    like = judge(ONE, replace(ONE, no=2, **other))
    assert (like and (like.score, " ".join(like.reasons))) == found


def test_an_id_number_decides_for_and_speaks_against() -> None:
    known = replace(ONE, id_kind="resident", id_index="I")
    same = judge(known, replace(known, no=2, name="李强", phone_index=None, phone_tail_index=None, birth_index=None))
    assert same is not None
    assert (same.score, same.reasons) == (100, ("id_number",))
    against = judge(known, replace(known, no=2, id_index="J"))
    assert against is not None
    assert (against.score, against.reasons[-1]) == (50, "other_id_number")
    assert judge(known, replace(known, no=2, id_index="J", birth_index=None)) is None


@pytest.mark.parametrize(
    ("one", "other", "similar"),
    [
        ("王芳", "王方", True),
        ("王小芳", "王小萍", True),
        ("王芳", "王强", False),
        ("南宁好友商贸", "南宁好友商贸有限公司", True),
        ("好友", "好友商贸", False),
        ("王芳", None, False),
    ],
)
def test_names_that_may_be_one(one: str, other: str | None, similar: bool) -> None:
    assert is_similar(one, other) is similar


@pytest.fixture
async def cards(house: House, bank: Bank, settle: Settle) -> dict[str, Card]:
    found = await make_customers(house, WANG, SAME_ID, SAME_PHONE, ELSEWHERE, STRANGER)
    await settle()
    return found


async def listed(client: Client, staff: str) -> list[tuple[str | None, str | None, bool]]:
    answer = await client.as_staff(staff).get(f"{ROOM}/duplicates")
    assert answer.status_code == 200, answer.text
    return [_pair(one) for one in answer.json()["items"]]


def _pair(one: dict[str, Any]) -> tuple[str | None, str | None, bool]:
    return one["one"] and one["one"]["number"], one["other"] and one["other"]["number"], one["certain"]


async def test_each_sees_the_pairs_of_their_place_and_elsewhere_without_a_name(
    client: Client, cards: dict[str, Card]
) -> None:
    assert await listed(client, "HO") == [("D1", "D2", True), ("D1", "D3", False), ("D1", "D4", False)]
    assert await listed(client, "BM-B1") == [("D1", "D2", True), ("D1", "D3", False), ("D1", None, False)]
    assert await listed(client, "BM-B2") == [("D4", None, False)]
    found = await client.as_staff("BM-B1").get(f"{ROOM}/customers/{cards['D1'].id}/duplicates")
    assert {_pair(one) for one in found.json()["items"]} == {
        ("D1", "D2", True), ("D1", "D3", False), ("D1", None, False),
    }  # fmt: skip
    said = found.text
    assert str(cards["D4"].id) not in said
    assert "D4" not in said
    first = (await client.as_staff("HO").get(f"{ROOM}/duplicates", params={"limit": 1})).json()
    second = (await client.as_staff("HO").get(f"{ROOM}/duplicates", params={"limit": 5, "after": first["next"]})).json()
    assert [_pair(one)[1] for one in (*first["items"], *second["items"])] == ["D2", "D3", "D4"]


async def test_two_beside_each_other_show_what_differs_and_nothing_in_clear(
    client: Client, cards: dict[str, Card]
) -> None:
    ids = cards["D1"].id, cards["D2"].id
    answer = await client.as_staff("BM-B1").get(f"{ROOM}/customers/{ids[0]}/comparison", params={"other_id": ids[1]})
    seen = answer.json()
    assert (seen["certain"], seen["reasons"]) == (True, ["id_number", "similar_name"])
    assert sorted(seen["matching"]) == ["id_kind", "id_number", "since"]
    assert sorted(seen["differing"]) == ["name", "phone"]
    for clear in (ID, WANG.phone, SAME_ID.phone):
        assert str(clear) not in answer.text
    hidden = {"other_id": cards["D4"].id}
    far = await client.as_staff("BM-B1").get(f"{ROOM}/customers/{ids[0]}/comparison", params=hidden)
    assert far.status_code == 404


async def test_what_was_said_to_be_two_is_not_asked_again(
    client: Client, house: House, cards: dict[str, Card], settle: Settle
) -> None:
    pair = {"one_id": str(cards["D1"].id), "other_id": str(cards["D3"].id), "reason": "母女同用一号"}
    for _ in range(2):
        answer = await client.as_staff("BM-B1").post(f"{ROOM}/duplicates/dismissals", json=pair)
        assert answer.status_code == 204, answer.text
    await feed(house, customers=[customer_fact(replace(SAME_PHONE, birth_date="1990-01-01"))],
               day=BANK_DATE + timedelta(days=1))  # fmt: skip
    await settle()
    assert await listed(client, "BM-B1") == [
        ("D1", "D2", True), ("D1", None, False), ("D3", None, False),
    ]  # fmt: skip
    found = await client.as_staff("BM-B1").get(f"{ROOM}/customers/{cards['D3'].id}/duplicates")
    assert [(one["other"] and one["other"]["number"], one["different"]) for one in found.json()["items"]] == [
        (None, False), ("D1", True),
    ]  # fmt: skip


async def test_who_is_no_longer_alike_is_no_longer_proposed(
    client: Client, house: House, cards: dict[str, Card], settle: Settle
) -> None:
    changed = replace(SAME_PHONE, phone="13700000000")
    await feed(house, customers=[customer_fact(changed)], day=BANK_DATE + timedelta(days=1))
    await settle()
    assert await listed(client, "BM-B1") == [("D1", "D2", True), ("D1", None, False)]


async def test_merging_takes_the_pair_away_and_undoing_says_they_are_two(
    client: Client, house: House, cards: dict[str, Card], settle: Settle
) -> None:
    body = {"survivor_id": str(cards["D2"].id), "loser_id": str(cards["D1"].id), "reason": "证件核对为同一人"}
    made = await client.as_staff("BM-B1").post(f"{ROOM}/merges", json=body)
    assert made.status_code == 201, made.text
    await settle()
    # What spoke for the number that was merged now speaks for the customer it belongs to.
    assert await listed(client, "HO") == [("D2", "D3", False), ("D2", "D4", False)]
    undone = await client.as_staff("BM-B1").post(f"{ROOM}/merges/{made.json()['id']}/undo", json={"reason": "核对有误"})
    assert undone.status_code == 204
    await settle()
    assert await listed(client, "HO") == [("D1", "D3", False), ("D1", "D4", False)]
    (stands,) = await read_rows(
        house, "select distinct state from customers.duplicate where state <> 'open'"
    )  # fmt: skip
    assert stands.state == "different"
