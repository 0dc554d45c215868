"""Shaping the tree of institutions: who may, what it refuses, whose view changes, and what the feed may still say."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from haoyou.centers.customers.tests import factories as customers
from haoyou.centers.customers.tests.factories import Someone
from haoyou.centers.identity import contract, service, session
from haoyou.centers.identity.tests import factories
from haoyou.centers.identity.tests.factories import BRANCH, HEAD, OUTLET, Bank
from haoyou.kernel.house import House
from haoyou.kernel.names import Name
from haoyou.kernel.testing.client import Client

PLACES, ME = "/api/identity/v1/places", "/api/identity/v1/me"
RIGHTS_END_S = 1.0


async def tree(client: Client) -> dict[str, dict[str, Any]]:
    answer = await client.get(PLACES)
    assert answer.status_code == 200, answer.text
    return {one["code"]: one for one in answer.json()["items"]}


async def move(client: Client, bank: Bank, place: str, parent: str, *, was: str) -> httpx.Response:
    body = {"parent_id": bank.institutions[parent], "from_parent_id": bank.institutions[was]}
    return await client.post(f"{PLACES}/{bank.institutions[place]}/move", json=body)


def problem(answer: httpx.Response) -> tuple[int, str, str | None]:
    return answer.status_code, answer.json()["code"], answer.json().get("reason")


async def test_the_tree_shows_who_is_where(client: Client, bank: Bank) -> None:
    places = await tree(client.as_staff("ADMIN"))
    assert {code: one["staff"] for code, one in places.items()} == {
        "HO": 2, "B1": 1, "B2": 1, "O11": 4, "O12": 2, "O21": 2,
    }  # fmt: skip
    assert places["O12"]["parent_id"] == bank.institutions["B1"]
    assert not any(one["edited"] or one["closed_on"] for one in places.values())


async def test_a_new_outlet_stands_in_the_tree_and_takes_staff(client: Client, bank: Bank) -> None:
    admin = client.as_staff("ADMIN")
    body = {"code": "O13", "name": {"zh": "一三网点", "en": "Outlet one three"}, "kind": "outlet"}
    made = await admin.post(PLACES, json={**body, "parent_id": bank.institutions["B1"]})
    assert (made.status_code, made.json()["edited"]) == (201, True)
    staff = bank.staff["RM-O11"]
    post = (await client.as_staff("RM-O11").get(ME)).json()["post"]["id"]
    moved = await admin.post(
        f"/api/identity/v1/staff/{staff}/move", json={"post_id": post, "institution_id": made.json()["id"]}
    )
    assert moved.json()["posts"][0]["institution"]["code"] == "O13"
    assert (await tree(admin))["O13"]["staff"] == 1
    again = await admin.post(PLACES, json={**body, "parent_id": bank.institutions["B2"]})
    assert problem(again)[:2] == (409, "identity.code_taken")
    under_outlet = await admin.post(PLACES, json={**body, "code": "O14", "parent_id": bank.institutions["O11"]})
    assert problem(under_outlet) == (409, "identity.place_cannot_move", "outlet")
    assert "O14" not in await tree(admin)


async def test_a_new_name_is_seen_by_all(client: Client, bank: Bank) -> None:
    path = f"{PLACES}/{bank.institutions['O11']}/name"
    answer = await client.as_staff("HO").put(path, json={"name": {"zh": "新名网点"}}, key=None)
    assert (answer.status_code, answer.json()["edited"]) == (200, True)
    me = (await client.as_staff("RM-O11").get(ME)).json()
    assert me["post"]["institution"]["name"] == {"zh": "新名网点", "en": None}


async def test_a_moved_branch_changes_who_sees_its_customers_everywhere_within_a_second(
    client: Client,
    client_of: Callable[[House], Client],
    make_house: Callable[[], Awaitable[House]],
    house: House,
    bank: Bank,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """O12 goes from B1 to B2; the branch managers listen to another process, which is not told."""
    await customers.make_customers(house, Someone("C1", "王一", "O12", "RM-O12"), Someone("C2", "王二", "O21"))
    monkeypatch.setattr(session.SessionCache, "forget_all", lambda _: None)
    other = client_of(await make_house())
    boss_1, boss_2 = other.as_staff("BM-B1"), other.as_staff("BM-B2")
    assert (await numbers(boss_1), await numbers(boss_2)) == ({"C1"}, {"C2"})
    admin = client.as_staff("ADMIN")
    path = f"{PLACES}/{bank.institutions['O12']}/move?parent_id={bank.institutions['B2']}"
    preview = (await admin.get(path)).json()
    assert preview == {"institutions": 1, "staff": 2, "customers": 1, "refusal": None}
    assert (await numbers(boss_1), await numbers(boss_2)) == ({"C1"}, {"C2"})  # looking changes nothing

    assert (await move(admin, bank, "O12", "B2", was="B1")).status_code == 200
    moved = time.monotonic()
    while await numbers(boss_1) != set() or await numbers(boss_2) != {"C1", "C2"}:
        assert time.monotonic() - moved <= RIGHTS_END_S
        await asyncio.sleep(0.02)
    assert (await move(admin, bank, "O12", "B1", was="B2")).status_code == 200  # undone
    undone = time.monotonic()
    while await numbers(boss_1) != {"C1"} or await numbers(boss_2) != {"C2"}:
        assert time.monotonic() - undone <= RIGHTS_END_S
        await asyncio.sleep(0.02)
    assert (await tree(admin))["O12"]["edited"] is False


async def numbers(client: Client) -> set[str]:
    answer = await client.get("/api/customers/v1/customers?view=all")
    return {one["number"] for one in answer.json()["items"]}


@pytest.mark.parametrize(
    ("place", "parent", "was", "reason"),
    [
        ("HO", "B1", "B1", "top"), ("B1", "O11", "HO", "circle"), ("B1", "B1", "HO", "circle"),
        ("O11", "O21", "B1", "outlet"),
    ],
)  # fmt: skip
async def test_where_nothing_can_be_put(
    client: Client, bank: Bank, place: str, parent: str, was: str, reason: str
) -> None:
    admin = client.as_staff("ADMIN")
    before = await tree(admin)
    assert problem(await move(admin, bank, place, parent, was=was)) == (409, "identity.place_cannot_move", reason)
    path = f"{PLACES}/{bank.institutions[place]}/move?parent_id={bank.institutions[parent]}"
    assert (await admin.get(path)).json()["refusal"] == reason
    assert await tree(admin) == before


async def test_a_move_of_what_was_moved_meanwhile_is_refused(client: Client, bank: Bank) -> None:
    """`from_parent_id` opens nothing: anybody's number other than the true one gives the same."""
    admin = client.as_staff("ADMIN")
    answers = [await move(admin, bank, "O12", "B2", was=was) for was in ("B2", "HO", "O21")]
    assert [problem(answer) for answer in answers] == [(409, "identity.place_changed", None)] * 3
    assert (await tree(admin))["O12"]["parent_id"] == bank.institutions["B1"]


async def test_two_moves_at_once_close_no_circle(client: Client, bank: Bank) -> None:
    """Each is innocent alone: B1 under B2, and B2 under B1."""
    one, other = client.as_staff("ADMIN"), client.as_staff("HO")
    answers = await asyncio.gather(move(one, bank, "B1", "B2", was="HO"), move(other, bank, "B2", "B1", was="HO"))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await tree(one)) == 6  # all of it still hangs from the top


async def test_only_an_empty_outlet_closes(client: Client, house: House, bank: Bank) -> None:
    await customers.make_customers(house, Someone("C1", "王一", "O12"))
    admin, path = client.as_staff("ADMIN"), f"{PLACES}/{bank.institutions['O12']}/close"
    refused = await admin.post(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "identity.place_in_use")
    assert {name: refused.json()[name] for name in ("staff", "customers", "below")} == {
        "staff": 2, "customers": 1, "below": 0,
    }  # fmt: skip
    made = await admin.post(
        PLACES,
        json={"code": "O13", "name": {"zh": "空网点"}, "kind": "outlet", "parent_id": bank.institutions["B1"]},
    )
    closed = await admin.post(f"{PLACES}/{made.json()['id']}/close")
    assert (closed.status_code, closed.json()["closed_on"]) == (200, str(factories.BANK_DATE))
    open_now = (await admin.get("/api/identity/v1/institutions")).json()["items"]
    assert "O13" not in {one["code"] for one in open_now}
    post = (await client.as_staff("RM-O11").get(ME)).json()["post"]["id"]
    into = await admin.post(
        f"/api/identity/v1/staff/{bank.staff['RM-O11']}/move",
        json={"post_id": post, "institution_id": made.json()["id"]},
    )
    assert problem(into)[:2] == (409, "identity.place_closed")


async def feed(house: House, *rows: contract.InstitutionRow) -> None:
    await service.apply_institutions(house.service_ctx("identity"), rows=rows)


async def test_what_was_edited_stays_until_the_feed_says_something_new(
    client: Client, house: House, bank: Bank
) -> None:
    admin = client.as_staff("ADMIN")
    await admin.put(f"{PLACES}/{bank.institutions['O12']}/name", json={"name": {"zh": "本行改名"}}, key=None)
    await move(admin, bank, "O12", "B2", was="B1")
    await feed(house, *factories.INSTITUTIONS)  # the same words as yesterday
    place = (await tree(admin))["O12"]
    assert (place["name"]["zh"], place["parent_id"]) == ("本行改名", bank.institutions["B2"])

    await feed(house, contract.InstitutionRow("O12", Name("核心改名"), OUTLET, "B1"))  # a new name, the old parent
    place = (await tree(admin))["O12"]
    assert (place["name"]["zh"], place["parent_id"]) == ("核心改名", bank.institutions["B2"])

    await feed(house, contract.InstitutionRow("O12", Name("核心改名"), OUTLET, "HO"))  # now another parent
    place = (await tree(admin))["O12"]
    assert (place["parent_id"], place["edited"]) == (bank.institutions["HO"], False)


async def test_an_outlet_made_by_hand_becomes_the_feed_s_when_it_says_its_code(
    client: Client, house: House, bank: Bank
) -> None:
    admin = client.as_staff("ADMIN")
    body = {"code": "O13", "name": {"zh": "先开网点"}, "kind": "outlet", "parent_id": bank.institutions["B1"]}
    made = (await admin.post(PLACES, json=body)).json()
    head = contract.InstitutionRow("HO", Name("总行", "Head office"), HEAD, None)
    branch = contract.InstitutionRow("B2", Name("二分行", "Branch two"), BRANCH, "HO")
    await feed(house, head, branch, contract.InstitutionRow("O13", Name("正式网点"), OUTLET, "B2"))
    place = (await tree(admin))["O13"]
    assert (place["id"], place["name"]["zh"], place["edited"]) == (made["id"], "正式网点", False)


async def test_a_branch_s_own_administrator_shapes_that_branch_only(client: Client, house: House, bank: Bank) -> None:
    await service.apply_staff(
        house.service_ctx("identity"), rows=(factories.staff_row("ADMIN-B1", "B1", "administrator"),)
    )
    local = client.as_staff("ADMIN-B1")
    assert set(await tree(local)) == {"B1", "O11", "O12"}
    for place, parent, was in (("O21", "B1", "B2"), ("O12", "B2", "B1")):
        assert (await move(local, bank, place, parent, was=was)).status_code == 404
    assert (await move(client.as_staff("BM-B1"), bank, "O12", "B2", was="B1")).status_code == 403


async def test_the_record_says_who_moved_what_where(client: Client, bank: Bank) -> None:
    admin = client.as_staff("ADMIN")
    await move(admin, bank, "O12", "B2", was="B1")
    found = (await admin.get("/api/identity/v1/audit?operation=identity.place_moved")).json()
    (row,) = [*found["pending"], *found["items"]]
    assert (row["staff"]["code"], row["ids"]) == ("ADMIN", [str(bank.institutions["O12"])])
    assert row["detail"] == {"under": str(bank.institutions["B2"]), "before": str(bank.institutions["B1"])}
