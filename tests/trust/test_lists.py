"""Lists, search and boards show exactly what the oracle says; ids that a client makes open nothing of another's."""

import psycopg

from haoyou.centers.identity import session
from haoyou.centers.identity.tests.factories import PASSWORD
from haoyou.kernel.testing.client import Client
from tests.trust.matrix import ACTORS, checksum, problem
from tests.trust.oracle import sees_customer
from tests.trust.reads import find_differences
from tests.trust.world import PEOPLE, World

ROOM = "/api/marketing/v1/opportunities"


async def test_everybody_sees_what_is_theirs_and_nothing_else(world: World) -> None:
    differences = [one for code in ACTORS for one in await find_differences(world, code)]
    assert differences == []
    seen = {code: sum(sees_customer(code, one.code) for one in PEOPLE) for code in ACTORS}
    assert seen == {
        "RM-O11": 2, "RM2-O11": 2, "RMC-O11": 1, "LM-O11": 4, "BM-B1": 6, "HO": 8, "ADMIN": 0, "ADMIN-B1": 0,
    }  # fmt: skip


def opportunity_of(world: World, customer: str) -> str:
    return next(target.id for target in world.of_kind("opportunity") if target.customer == customer)


async def test_somebody_else_s_leave_is_no_leave(world: World) -> None:
    """A reservation's number is made by its client: another's is neither answered nor used, and breaks nothing."""
    (taken,) = world.of_kind("reservation")
    theirs = read_reservation(world, taken.id)
    mine, person = opportunity_of(world, "W7"), world.people["RMC-O11"]
    await person.get("/api/identity/v1/me")
    before = checksum(world)
    answer = await person.post(f"{ROOM}/{mine}/reservations", json={"id": taken.id, "channel": "call"}, key=None)
    assert (answer.status_code, problem(answer).get("code")) == (404, "not_found")
    assert checksum(world) == before
    body = {"channel": "visit", "outcome": "reached", "reservation_id": taken.id}
    statuses = [(await person.post(f"{ROOM}/{mine}/contacts", json=body)).status_code for _ in range(2)]
    await world.settle()
    assert statuses == [200, 409]  # the governor was asked, as if no leave had been named, and has its limit
    assert read_reservation(world, taken.id) == theirs


def read_reservation(world: World, number: str) -> list[tuple[object, ...]]:
    """What both rooms keep of it."""
    with psycopg.connect(world.database.admin_url) as connection:
        return [
            *connection.execute("select * from customers.reservation where id = %s", [number]).fetchall(),
            *connection.execute("select * from marketing.reservation where id = %s", [number]).fetchall(),
        ]


async def test_nobody_signs_in_to_somebody_else_s_post(world: World, client: Client) -> None:
    house = world.house
    await session.set_password(house.service_ctx("identity"), code="RM-O12", password=PASSWORD)
    posts = {target.owner: int(target.id) for target in world.of_kind("post") if target.place != "O21"}
    asked = {"own": posts["RM-O12"], "somebody else's": posts["BM-B1"], "nobody's": 2_000_000_000}
    answers = {
        whose: await client.as_staff(None).post(
            "/api/identity/v1/sign-in", json={"login": "RM-O12", "password": PASSWORD, "post_id": post}
        )
        for whose, post in asked.items()
    }
    assert {whose: answer.status_code for whose, answer in answers.items()} == {
        "own": 200, "somebody else's": 401, "nobody's": 401,
    }  # fmt: skip
    assert problem(answers["somebody else's"]) == problem(answers["nobody's"])


async def test_a_second_post_gives_the_rights_of_that_post_only(world: World) -> None:
    """RM-O12 also serves the lobby of O21: in that post O21's customers, in the first none of them."""
    person = world.people["RM-O12"]

    async def numbers() -> set[str]:
        return {item["number"] for item in (await person.get("/api/customers/v1/customers?view=all")).json()["items"]}

    assert await numbers() == {"W2", "W4"}
    second = next(int(t.id) for t in world.of_kind("post") if t.owner == "RM-O12" and t.place == "O21")
    assert (await person.post("/api/identity/v1/post", json={"post_id": second})).status_code == 200
    there = await numbers()
    assert {"W5", "W8"} <= there
    assert there & {"W1", "W3", "W6", "W7"} == set()
