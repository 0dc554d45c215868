"""Rights end when somebody leaves or moves, and when a customer changes hands: within a second, in every process."""

import asyncio
from collections.abc import Callable
from time import monotonic

import httpx
import pytest

from haoyou.centers.customers.tests import factories as customers
from haoyou.centers.identity import session
from haoyou.centers.identity.tests.factories import BANK_DATE
from haoyou.kernel.testing.client import Client
from tests.trust.world import World

ENDS_WITHIN_S = 1.0
LIST = "/api/customers/v1/customers?view=all"
KEEPS_ASKING_S = 0.05


@pytest.fixture
def another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process sees that was not the one to make the change: nobody tells it to forget."""
    monkeypatch.setattr(session.cache, "forget_all", lambda: None)


async def ask_until(person: Client, fits: Callable[[httpx.Response], bool]) -> tuple[httpx.Response, float]:
    """The first answer that fits, and how many seconds after the change it came."""
    begun = monotonic()
    while True:
        answer = await person.get(LIST)
        took = monotonic() - begun
        if fits(answer) or took > 10 * ENDS_WITHIN_S:
            return answer, took
        await asyncio.sleep(KEEPS_ASKING_S)


def is_refused(answer: httpx.Response) -> bool:
    return answer.status_code == 401


def number_of(world: World, kind: str, owner: str) -> int:
    return next(int(target.id) for target in world.of_kind(kind) if target.owner == owner)


@pytest.mark.usefixtures("another_process")
async def test_whoever_leaves_is_out_within_a_second(world: World) -> None:
    person = world.people["RM-O11"]
    assert len((await person.get(LIST)).json()["items"]) == 2
    leave = f"/api/identity/v1/staff/{number_of(world, 'staff', 'RM-O11')}/leave"
    assert (await world.people["ADMIN"].post(leave, json={"reason": "离职"})).status_code == 200
    answer, took = await ask_until(person, is_refused)
    assert (answer.status_code, answer.json()["reason"]) == (401, "left")
    assert took <= ENDS_WITHIN_S


@pytest.mark.usefixtures("another_process")
async def test_whoever_moves_has_the_new_place_only(world: World) -> None:
    person = world.people["LM-O11"]
    assert len((await person.get(LIST)).json()["items"]) == 4
    move = f"/api/identity/v1/staff/{number_of(world, 'staff', 'LM-O11')}/move"
    body = {"post_id": number_of(world, "post", "LM-O11"), "institution_id": world.institutions["O21"]}
    assert (await world.people["ADMIN"].post(move, json=body)).status_code == 200
    answer, took = await ask_until(person, is_refused)
    assert (answer.status_code, answer.json()["reason"]) == (401, "moved")
    assert took <= ENDS_WITHIN_S
    again = person.as_staff("LM-O11")
    assert {item["number"] for item in (await again.get(LIST)).json()["items"]} == {"W5", "W8"}


@pytest.mark.usefixtures("another_process")
async def test_a_customer_who_changes_hands_is_gone_at_once(world: World) -> None:
    """Nothing is cached of whose a customer is: the first question after the commit has the new answer."""
    before, after = world.people["RM-O11"], world.people["RM-O21"]
    opportunity = next(target.id for target in world.of_kind("opportunity") if target.customer == "W1")
    given = [
        customers.assignment_fact("W1", "RM-O11", to_date=BANK_DATE),
        customers.assignment_fact("W1", "RM-O21", from_date=BANK_DATE),
    ]
    await customers.feed(world.house, assignments=given)
    assert [item["number"] for item in (await before.get(LIST)).json()["items"]] == ["W2"]
    assert "W1" in {item["number"] for item in (await after.get(LIST)).json()["items"]}
    await world.settle()
    path = f"/api/marketing/v1/opportunities/{opportunity}"
    assert [(await who.get(path)).status_code for who in (before, after)] == [404, 200]


@pytest.mark.usefixtures("another_process")
async def test_assisting_ends_within_a_second(world: World) -> None:
    person = world.people["RM2-O11"]
    assert {item["number"] for item in (await person.get(LIST)).json()["items"]} == {"W3", "W5"}
    over = customers.assignment_fact("W5", "RM2-O11", "assisting", to_date=BANK_DATE.replace(day=1))
    await customers.feed(world.house, assignments=[over])
    answer, took = await ask_until(person, lambda one: len(one.json()["items"]) == 1)
    assert [item["number"] for item in answer.json()["items"]] == ["W3"]
    assert took <= ENDS_WITHIN_S


async def test_who_has_left_looks_unknown_to_another_branch_s_administrator(world: World) -> None:
    leave = f"/api/identity/v1/staff/{number_of(world, 'staff', 'RM9-O21')}/leave"
    assert (await world.people["ADMIN"].post(leave, json={"reason": "离职"})).status_code == 200
    assert (await world.people["ADMIN"].post(leave, json={"reason": "离职"})).json()["code"] == "identity.already_left"
    assert (await world.people["ADMIN-B1"].post(leave, json={"reason": "离职"})).status_code == 404
