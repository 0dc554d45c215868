"""Managing staff: who may let whom leave or move, and what ends with it."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from haoyou.centers.identity import contract, session
from haoyou.centers.identity.tests import factories
from haoyou.centers.identity.tests.factories import Bank
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client

STAFF = "/api/identity/v1/staff"
Told = Callable[..., Awaitable[list[Any]]]


async def post_of(client: Client, code: str) -> int:
    return (await client.as_staff(code).get("/api/identity/v1/me")).json()["post"]["id"]


async def test_who_leaves_is_gone_at_once(client: Client, bank: Bank, told: Told) -> None:
    gone = client.as_staff("RM-O11")
    await gone.get("/api/identity/v1/me")
    answer = await client.as_staff("ADMIN").post(f"{STAFF}/{bank.staff['RM-O11']}/leave", json={"reason": "gone away"})
    assert (answer.status_code, answer.json()["status"], answer.json()["posts"]) == (200, "left", [])
    assert (await gone.get("/api/identity/v1/me")).json()["reason"] == "left"
    assert await told(contract.StaffLeft) == [contract.StaffLeft(staff_id=bank.staff["RM-O11"])]


async def test_leaving_twice_is_a_conflict_and_repeating_the_request_is_not(
    client: Client, bank: Bank, told: Told
) -> None:
    admin, path, key = client.as_staff("ADMIN"), f"{STAFF}/{bank.staff['RM-O11']}/leave", uuid4()
    first = await admin.post(path, json={"reason": "gone away"}, key=key)
    again = await admin.post(path, json={"reason": "gone away"}, key=key)
    assert (again.status_code, again.json()) == (200, first.json())
    other = await admin.post(path, json={"reason": "gone away"})
    assert (other.status_code, other.json()["code"]) == (409, "identity.already_left")
    assert len(await told(contract.StaffLeft)) == 1


@pytest.mark.parametrize("code", ["RM-O11", "LM-O11", "BM-B1", "HO"])
async def test_only_an_administrator_manages_staff(client: Client, bank: Bank, told: Told, code: str) -> None:
    one = client.as_staff(code)
    for act in ("leave", "move"):
        answer = await one.post(f"{STAFF}/{bank.staff['RM2-O11']}/{act}", json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert await told(contract.StaffLeft) == []


@pytest.fixture
async def administrator_of_b1(house: House, bank: Bank) -> str:
    """An administrator whose reach ends at branch B1."""
    await factories.service.apply_staff(
        house.service_ctx("identity"), rows=(factories.staff_row("ADMIN-B1", "B1", "administrator"),)
    )
    return "ADMIN-B1"


@pytest.mark.parametrize("staff", ["RM-O21", "BM-B2", "HO", "ADMIN"])
async def test_who_works_elsewhere_cannot_be_reached(
    client: Client, bank: Bank, administrator_of_b1: str, told: Told, staff: str
) -> None:
    one = client.as_staff(administrator_of_b1)
    leave = await one.post(f"{STAFF}/{bank.staff[staff]}/leave", json={"reason": "gone away"})
    post = await post_of(client, staff)
    move = await one.post(
        f"{STAFF}/{bank.staff[staff]}/move", json={"post_id": post, "institution_id": bank.institutions["O11"]}
    )
    nobody = await one.post(f"{STAFF}/2000000000/leave", json={"reason": "gone away"})
    for answer in (leave, move, nobody):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert await told(contract.StaffLeft) == []
    session.cache.forget_all()
    assert await post_of(client, staff) == post


async def test_nobody_is_moved_out_of_ones_reach(client: Client, bank: Bank, administrator_of_b1: str) -> None:
    post = await post_of(client, "RM-O11")
    body = {"post_id": post, "institution_id": bank.institutions["O21"]}
    answer = await client.as_staff(administrator_of_b1).post(f"{STAFF}/{bank.staff['RM-O11']}/move", json=body)
    assert answer.status_code == 404
    assert await post_of(client, "RM-O11") == post


async def test_who_also_works_elsewhere_cannot_be_let_go_from_here(
    client: Client, house: House, bank: Bank, administrator_of_b1: str, told: Told
) -> None:
    await factories.give_post(
        house, staff=bank.staff["RM-O11"], institution=bank.institutions["O21"], role="lobby_manager"
    )
    answer = await client.as_staff(administrator_of_b1).post(
        f"{STAFF}/{bank.staff['RM-O11']}/leave", json={"reason": "gone away"}
    )
    assert answer.status_code == 404
    assert await told(contract.StaffLeft) == []


@pytest.mark.parametrize("act", ["leave", "move"])
async def test_nobody_manages_themselves(client: Client, bank: Bank, act: str) -> None:
    admin = client.as_staff("ADMIN")
    body: dict[str, object] = {"reason": "gone away"}
    if act == "move":
        body = {"post_id": await post_of(client, "ADMIN"), "institution_id": bank.institutions["B1"]}
    answer = await admin.post(f"{STAFF}/{bank.staff['ADMIN']}/{act}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "identity.not_yourself")


async def test_who_moves_starts_anew_in_the_new_post(client: Client, bank: Bank) -> None:
    moved, post = client.as_staff("RM-O11"), await post_of(client, "RM-O11")
    await moved.get("/api/identity/v1/me")
    body = {"post_id": post, "institution_id": bank.institutions["O12"], "role": "lobby_manager"}
    answer = await client.as_staff("ADMIN").post(f"{STAFF}/{bank.staff['RM-O11']}/move", json=body)
    (new,) = answer.json()["posts"]
    assert (new["institution"]["code"], new["role"]["code"], new["lines"]) == ("O12", "lobby_manager", ["retail"])
    assert (await moved.get("/api/identity/v1/me")).json()["reason"] == "moved"
    assert await post_of(client, "RM-O11") == new["id"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason": ""},
        {"reason": " "},
        {"reason": "x"},
        {"reason": "x" * 201},
        {"reason": "a\u0000b"},
        {"reason": None},
    ],
)
async def test_a_reason_is_a_sentence(client: Client, bank: Bank, told: Told, body: dict[str, object]) -> None:
    answer = await client.as_staff("ADMIN").post(f"{STAFF}/{bank.staff['RM-O11']}/leave", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert await told(contract.StaffLeft) == []


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("BM-B1", {"BM-B1", "LM-O11", "LM-O12", "RM-O11", "RM-O12", "RM2-O11", "RMC-O11"}),
        ("BM-B2", {"BM-B2", "LM-O21", "RM-O21"}),
        ("HO", {row.code for row in factories.STAFF}),
    ],
)
async def test_the_list_of_staff_ends_at_ones_reach(client: Client, bank: Bank, code: str, seen: set[str]) -> None:
    answer = await client.as_staff(code).get(STAFF)
    assert {one["code"] for one in answer.json()["items"]} == seen


async def test_a_relationship_manager_sees_no_list_of_staff(client: Client, bank: Bank) -> None:
    assert (await client.as_staff("RM-O11").get(STAFF)).status_code == 403


async def test_the_list_of_one_place_must_lie_within_reach(client: Client, bank: Bank) -> None:
    one = client.as_staff("BM-B1")
    here = await one.get(f"{STAFF}?institution_id={bank.institutions['O12']}")
    assert {row["code"] for row in here.json()["items"]} == {"RM-O12", "LM-O12"}
    assert (await one.get(f"{STAFF}?institution_id={bank.institutions['O21']}")).status_code == 404


async def test_pages_join_without_gap_or_repeat(client: Client, bank: Bank) -> None:
    one = client.as_staff("HO")
    codes: list[str] = []
    after = ""
    for _ in range(20):
        page = (await one.get(f"{STAFF}?limit=5{after}")).json()
        codes += [row["code"] for row in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert sorted(codes) == sorted(row.code for row in factories.STAFF)


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "after=x", "after=%C3%A9", "institution_id=0", "institution_id=9999999999"],
)
async def test_a_misshapen_question_is_422(client: Client, bank: Bank, query: str) -> None:
    answer = await client.as_staff("HO").get(f"{STAFF}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_before_the_first_day_the_page_says_so(client: Client, house: House) -> None:
    await factories.seed_roles(house)
    await factories.service.apply_institutions(house.service_ctx("identity"), rows=factories.INSTITUTIONS)
    await factories.service.apply_staff(house.service_ctx("identity"), rows=factories.STAFF)
    answer = await client.as_staff("HO").get("/api/identity/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (503, "identity.no_bank_day")
