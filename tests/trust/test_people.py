"""Administration of people: joining, several posts, a password for once, a lock, and what a leaver holds."""

from typing import Any

import pytest

from haoyou.centers.customers.tests import factories as customers
from haoyou.centers.customers.tests.factories import Someone
from haoyou.centers.identity import service, session
from haoyou.centers.identity.tests import factories
from haoyou.centers.identity.tests.factories import PASSWORD, Bank
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client

ROOM = "/api/identity/v1"
NEW_PASSWORD = "a password of my own"


async def join(client: Client, bank: Bank, code: str = "NEW1", place: str = "O11", **other: Any) -> Any:
    body = {"code": code, "name": "新员工", "role": "relationship_manager", "lines": ["retail"], **other}
    return await client.post(f"{ROOM}/staff", json={**body, "institution_id": bank.institutions[place]}, key=None)


async def sign_in(client: Client, code: str, password: str) -> Any:
    return await client.post(f"{ROOM}/sign-in", json={"login": code, "password": password}, key=None)


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_who_joins_chooses_a_password_before_anything_else(client: Client, bank: Bank) -> None:
    joined = await join(client.as_staff("ADMIN"), bank)
    assert joined.status_code == 201
    password, new = joined.json()["password"], client.as_staff(None)
    me = (await sign_in(new, "NEW1", password)).json()
    assert (me["must_change_password"], me["permissions"]) == (True, [])
    for path in ("/api/customers/v1/customers", "/api/tasks/v1/today", f"{ROOM}/staff"):
        assert problem(await new.get(path)) == (403, "forbidden")
    same = await new.post(f"{ROOM}/password", json={"current": password, "new": password}, key=None)
    assert same.json()["errors"][0]["code"] == "same"
    changed = await new.post(f"{ROOM}/password", json={"current": password, "new": NEW_PASSWORD}, key=None)
    assert changed.status_code == 204
    me = (await new.get(f"{ROOM}/me")).json()
    assert me["must_change_password"] is False
    assert "customers.read" in me["permissions"]
    assert (await new.get("/api/customers/v1/customers")).status_code == 200
    assert problem(await sign_in(client.as_staff(None), "NEW1", password)) == (401, "identity.bad_credentials")


async def test_a_code_joins_once(client: Client, bank: Bank) -> None:
    admin = client.as_staff("ADMIN")
    assert (await join(admin, bank)).status_code == 201
    assert problem(await join(admin, bank, name="别人")) == (409, "identity.code_taken")
    assert problem(await join(admin, bank, code="RM-O12")) == (409, "identity.code_taken")


async def test_the_password_stands_in_no_table_and_no_record(client: Client, house: House, bank: Bank) -> None:
    password = (await join(client.as_staff("ADMIN"), bank)).json()["password"]
    await house.sealer.seal()
    async with house.engine.connect() as connection:
        await connection.exec_driver_sql("select set_config('role', 'haoyou_kernel', true)")
        for table in ("audit_log", "audit_pending", "outbox", "idempotency"):
            rows = (await connection.exec_driver_sql(f"select t::text from kernel.{table} t")).scalars().all()
            assert not any(password in row for row in rows), table


async def test_several_posts_begin_and_end(client: Client, bank: Bank) -> None:
    admin, path = client.as_staff("ADMIN"), f"{ROOM}/staff/{bank.staff['RM-O11']}/posts"
    body = {"institution_id": bank.institutions["O21"], "role": "lobby_manager", "lines": ["retail"]}
    added = await admin.post(path, json=body)
    assert (added.status_code, len(added.json()["posts"])) == (201, 2)
    assert problem(await admin.post(path, json=body)) == (409, "identity.post_held")
    first, second = (post["id"] for post in added.json()["posts"])
    there = client.as_staff("RM-O11")
    switched = await there.post(f"{ROOM}/post", json={"post_id": second}, key=None)
    assert switched.json()["role"]["code"] == "lobby_manager"
    ended = await admin.post(f"{path}/{second}/end")
    assert [post["id"] for post in ended.json()["posts"]] == [first]
    answer = await there.get(f"{ROOM}/me")
    assert (answer.status_code, answer.json()["reason"]) == (401, "moved")
    assert problem(await admin.post(f"{path}/{first}/end")) == (409, "identity.last_post")


async def test_a_reset_password_ends_sessions_and_lock_out(client: Client, house: House, bank: Bank) -> None:
    await session.set_password(house.service_ctx("identity"), code="RM-O11", password=PASSWORD)
    one = client.as_staff("RM-O11")
    await one.get(f"{ROOM}/me")
    for _ in range(5):
        await sign_in(client.as_staff(None), "RM-O11", "wrong")
    path = f"{ROOM}/staff/{bank.staff['RM-O11']}/password"
    answer = await client.as_staff("ADMIN").post(path, json={}, key=None)
    password = answer.json()["password"]
    assert (await one.get(f"{ROOM}/me")).json()["reason"] == "signed_out"
    again = await sign_in(client.as_staff(None), "RM-O11", password)
    assert (again.status_code, again.json()["must_change_password"]) == (200, True)


async def test_a_locked_account_is_shut_until_it_is_opened(client: Client, house: House, bank: Bank) -> None:
    await session.set_password(house.service_ctx("identity"), code="RM-O11", password=PASSWORD)
    one, admin = client.as_staff("RM-O11"), client.as_staff("ADMIN")
    await one.get(f"{ROOM}/me")
    path = f"{ROOM}/staff/{bank.staff['RM-O11']}/lock"
    locked = await admin.put(path, json={"locked": True, "reason": "设备丢失"}, key=None)
    assert locked.json()["status"] == "locked"
    assert (await one.get(f"{ROOM}/me")).json()["reason"] == "locked"
    stranger = client.as_staff(None)
    assert problem(await sign_in(stranger, "RM-O11", PASSWORD)) == (403, "identity.disabled")
    assert problem(await sign_in(stranger, "RM-O11", "wrong")) == (401, "identity.bad_credentials")
    opened = await admin.put(path, json={"locked": False, "reason": "已找回"}, key=None)
    assert opened.json()["status"] == "active"
    assert (await sign_in(stranger, "RM-O11", PASSWORD)).status_code == 200


async def test_what_a_leaver_holds_is_shown_as_numbers(client: Client, house: House, bank: Bank) -> None:
    people = [Someone(f"C{n}", f"王{n}", "O11", "RM-O11") for n in range(3)]
    await customers.make_customers(house, *people, Someone("D1", "李一", "O11", "RM2-O11"))
    manager = client.as_staff("RM-O11")
    for title in ("回访", "核对"):
        made = await manager.post("/api/tasks/v1/tasks", json={"title": title, "due_on": str(factories.BANK_DATE)})
        assert made.status_code == 201
    answer = await client.as_staff("ADMIN").get(f"{ROOM}/staff/{bank.staff['RM-O11']}/holdings")
    assert {one["kind"]: one["count"] for one in answer.json()["items"]} == {
        "customers": 3, "tasks": 2, "opportunities": 0,
    }  # fmt: skip


@pytest.mark.parametrize("act", ["password", "lock"])
async def test_whoever_also_works_above_is_out_of_a_branch_administrator_s_reach(
    client: Client, house: House, bank: Bank, act: str
) -> None:
    """With a password they set, they could sign in as somebody of head office."""
    await service.apply_staff(
        house.service_ctx("identity"), rows=(factories.staff_row("ADMIN-B1", "B1", "administrator"),)
    )
    await factories.give_post(
        house, staff=bank.staff["RM-O11"], institution=bank.institutions["HO"], role="head_office"
    )
    local, path = client.as_staff("ADMIN-B1"), f"{ROOM}/staff/{bank.staff['RM-O11']}/{act}"
    if act == "lock":
        answer = await local.put(path, json={"locked": True, "reason": "试一试"}, key=None)
    else:
        answer = await local.post(path, json={}, key=None)
    assert problem(answer) == (404, "not_found")


async def test_nobody_joins_where_an_administrator_does_not_reach(client: Client, house: House, bank: Bank) -> None:
    await service.apply_staff(
        house.service_ctx("identity"), rows=(factories.staff_row("ADMIN-B1", "B1", "administrator"),)
    )
    assert problem(await join(client.as_staff("ADMIN-B1"), bank, place="O21")) == (404, "not_found")
    assert problem(await join(client.as_staff("HO"), bank)) == (403, "forbidden")
    assert problem(await sign_in(client, "NEW1", "x")) == (401, "identity.bad_credentials")
