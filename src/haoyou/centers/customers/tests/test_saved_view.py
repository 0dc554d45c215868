"""Saved views over HTTP: one's own, shared at one's place, changed by their owner only."""

from typing import Any
from uuid import uuid4

import pytest

from haoyou.centers.customers.saved_view import OWN_MAX
from haoyou.centers.identity.tests.factories import Bank
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.clock import SetClock

VIEWS = "/api/customers/v1/views"
DUE = {"view": "mine", "matures_days": 30, "sort": "maturity"}


async def save(client: Client, code: str, view: str, *, version: int = 0, **changed: Any) -> Any:
    body = {"name": "三十天内到期", "filter": DUE, **changed}
    return await client.as_staff(code).put(f"{VIEWS}/{view}", json=body, version=version)


async def names(client: Client, code: str) -> list[tuple[str, bool]]:
    answer = await client.as_staff(code).get(VIEWS)
    return [(item["name"]["zh"], item["own"]) for item in answer.json()["items"]]


async def test_a_view_is_kept_as_it_was_asked_for(client: Client, bank: Bank) -> None:
    view = str(uuid4())
    made = await save(client, "RM-O11", view, name_en="Due in 30 days")
    assert made.status_code == 200, made.text
    (item,) = (await client.as_staff("RM-O11").get(VIEWS)).json()["items"]
    assert item == made.json()
    assert {name: item[name] for name in ("id", "name", "shared", "own", "version")} == {
        "id": view, "name": {"zh": "三十天内到期", "en": "Due in 30 days"}, "shared": False, "own": True, "version": 1,
    }  # fmt: skip
    assert {name: value for name, value in item["filter"].items() if value not in (None, False)} == DUE


async def test_a_view_is_shared_with_ones_place_and_nobody_else(client: Client, bank: Bank) -> None:
    view = str(uuid4())
    await save(client, "RM-O11", view)
    people = ("RM-O11", "RM2-O11", "LM-O11", "RM-O12", "BM-B1")
    assert [len(await names(client, code)) for code in people] == [1, 0, 0, 0, 0]
    assert (await save(client, "RM-O11", view, version=1, shared=True)).json()["version"] == 2
    assert [await names(client, code) for code in people] == [
        [("三十天内到期", True)], [("三十天内到期", False)], [("三十天内到期", False)], [], [],
    ]  # fmt: skip


async def test_only_the_owner_changes_uses_and_removes_it(client: Client, bank: Bank) -> None:
    view = str(uuid4())
    await save(client, "RM-O11", view, shared=True)
    stranger = client.as_staff("RM2-O11")
    answers = [
        await save(client, "RM2-O11", view, version=1, name="改"),
        await save(client, "RM2-O11", view, version=0, name="改"),
        await stranger.post(f"{VIEWS}/{view}/uses"),
        await stranger.delete(f"{VIEWS}/{view}"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 4
    assert await names(client, "RM-O11") == [("三十天内到期", True)]


async def test_the_one_used_last_comes_first_and_what_is_removed_is_gone(
    client: Client, bank: Bank, clock: SetClock
) -> None:
    first, second = str(uuid4()), str(uuid4())
    await save(client, "RM-O11", first, name="甲")
    await clock.advance(seconds=1)
    await save(client, "RM-O11", second, name="乙")
    assert [name for name, _ in await names(client, "RM-O11")] == ["乙", "甲"]
    await clock.advance(seconds=1)
    me = client.as_staff("RM-O11")
    assert (await me.post(f"{VIEWS}/{first}/uses")).status_code == 204
    assert [name for name, _ in await names(client, "RM-O11")] == ["甲", "乙"]
    assert [(await me.delete(f"{VIEWS}/{first}")).status_code for _ in range(2)] == [204, 404]
    assert [name for name, _ in await names(client, "RM-O11")] == ["乙"]


async def test_a_version_that_is_not_the_newest_loses_nothing(client: Client, bank: Bank) -> None:
    view = str(uuid4())
    await save(client, "RM-O11", view)
    answers = [await save(client, "RM-O11", view, version=version, name="旧") for version in (0, 2)]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(412, "precondition_failed")] * 2
    assert await names(client, "RM-O11") == [("三十天内到期", True)]


@pytest.mark.parametrize("changed", [{"name": ""}, {"name": "x" * 41}, {"filter": {"sort": "phone"}}])
async def test_what_makes_no_sense_is_not_kept(client: Client, bank: Bank, changed: dict[str, Any]) -> None:
    answer = await save(client, "RM-O11", str(uuid4()), **changed)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert await names(client, "RM-O11") == []


async def test_nobody_keeps_more_than_the_limit(client: Client, bank: Bank) -> None:
    for _ in range(OWN_MAX):
        assert (await save(client, "RM-O11", str(uuid4()))).status_code == 200
    answer = await save(client, "RM-O11", str(uuid4()))
    assert (answer.status_code, answer.json()["code"]) == (409, "customers.too_many_views")
    assert len(await names(client, "RM-O11")) == OWN_MAX
