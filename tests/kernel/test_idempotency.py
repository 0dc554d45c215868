"""A repeated write acts once: the key is bound to who asks, what they ask and where."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import Connection, text

from haoyou.kernel.testing.client import Client
from tests.kernel import rooms

COUNTS = "/api/probe/v1/counts"


def times(admin: Connection, words: str) -> int:
    found = admin.execute(text("select times from probe.done where words = :words"), {"words": words}).scalar()
    return int(found or 0)


@pytest.fixture
def one(client: Client) -> Client:
    return client.as_staff("1")


@pytest.mark.parametrize("key", [None, "", "not-a-uuid", "12345678"])
async def test_without_a_key_nothing_happens(one: Client, admin: Connection, key: str | None) -> None:
    answer = await one.post(COUNTS, json={"words": "w"}, key=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency.key_missing")
    assert times(admin, "w") == 0


async def test_a_repeat_is_answered_without_a_second_effect(one: Client, admin: Connection) -> None:
    key = uuid4()
    first = await one.post(COUNTS, json={"words": "w"}, key=key)
    again = await one.post(COUNTS, json={"words": "w"}, key=key)
    assert (first.status_code, first.json()) == (201, {"words": "w", "times": 1})
    assert (again.status_code, again.json()) == (201, {"words": "w", "times": 1})
    assert ("idempotent-replay" in first.headers, again.headers["idempotent-replay"]) == (False, "true")
    assert times(admin, "w") == 1


async def test_another_spelling_of_the_same_body_is_the_same_request(one: Client, admin: Connection) -> None:
    key = uuid4()
    json_type = {"Content-Type": "application/json"}
    await one.post(COUNTS, content=b'{"words":"w"}', headers=json_type, key=key)
    again = await one.post(COUNTS, content=b'{ "words" : "\\u0077" }', headers=json_type, key=key)
    assert (again.status_code, again.headers["idempotent-replay"]) == (201, "true")
    assert times(admin, "w") == 1


async def test_another_body_under_the_same_key_is_refused(one: Client, admin: Connection) -> None:
    key = uuid4()
    await one.post(COUNTS, json={"words": "w"}, key=key)
    other = await one.post(COUNTS, json={"words": "x"}, key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.other_body")
    assert (times(admin, "w"), times(admin, "x")) == (1, 0)


@pytest.mark.parametrize("path", ["/api/probe/v1/others", f"{COUNTS}?again=1"])
async def test_another_place_under_the_same_key_is_refused(one: Client, admin: Connection, path: str) -> None:
    key = uuid4()
    await one.post(COUNTS, json={"words": "w"}, key=key)
    other = await one.post(path, json={"words": "w"}, key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.other_body")
    assert (times(admin, "w"), times(admin, "other w")) == (1, 0)


async def test_another_person_with_the_same_key_is_another_request(
    client: Client, one: Client, admin: Connection
) -> None:
    key = uuid4()
    await one.post(COUNTS, json={"words": "w"}, key=key)
    other = await client.as_staff("2").post(COUNTS, json={"words": "w"}, key=key)
    assert (other.status_code, other.json()["times"], "idempotent-replay" in other.headers) == (201, 2, False)
    assert times(admin, "w") == 2


async def test_another_key_is_another_request(one: Client, admin: Connection) -> None:
    for _ in range(3):
        await one.post(COUNTS, json={"words": "w"})
    assert times(admin, "w") == 3


async def test_while_the_first_is_at_work_the_second_is_told_so(one: Client, admin: Connection) -> None:
    rooms.gate["w"] = asyncio.Event()
    key = uuid4()
    first = asyncio.create_task(one.post(COUNTS, json={"words": "w"}, key=key))
    while not await asyncio.to_thread(_is_open, admin):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    second = await one.post(COUNTS, json={"words": "w"}, key=key)
    assert (second.status_code, second.json()["code"]) == (409, "idempotency.in_flight")
    rooms.gate["w"].set()
    assert (await first).json() == {"words": "w", "times": 1}
    assert times(admin, "w") == 1


def _is_open(admin: Connection) -> bool:
    """Somebody holds the lock of a key. (Locks with one number are those of keys and the sealer's, 9025.)"""
    held = text(
        "select count(*) from pg_locks l join pg_database d on d.oid = l.database"
        " where l.locktype = 'advisory' and l.objsubid = 1 and l.objid <> 9025 and d.datname = current_database()"
    )
    return admin.execute(held).scalar_one() > 0


async def test_eight_at_once_have_one_effect(one: Client, admin: Connection) -> None:
    for round_number in range(10):
        key, words = uuid4(), f"round {round_number}"
        answers = await asyncio.gather(*(one.post(COUNTS, json={"words": words}, key=key) for _ in range(8)))
        kinds = {answer.status_code for answer in answers}
        assert kinds <= {201, 409}
        assert 201 in kinds
        assert {answer.json()["times"] for answer in answers if answer.status_code == 201} == {1}
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"idempotency.in_flight"}
        assert times(admin, words) == 1


async def test_an_attempt_that_failed_may_be_repeated(one: Client, admin: Connection) -> None:
    """It left nothing behind, so there is nothing to replay."""
    key = uuid4()
    for _ in range(2):
        answer = await one.post(COUNTS, json={"words": "taken"}, key=key)
        assert (answer.status_code, answer.json()["code"]) == (409, "probe.taken")
    assert times(admin, "taken") == 0
    assert admin.execute(text("select count(*) from kernel.idempotency")).scalar_one() == 0


async def test_a_kept_answer_is_sealed(one: Client, admin: Connection) -> None:
    await one.post(COUNTS, json={"words": "very private"})
    (answer,) = admin.execute(text("select answer from kernel.idempotency")).scalars()
    assert b"private" not in bytes(answer)


@pytest.mark.parametrize(
    ("version", "status", "code"),
    [
        (None, 428, "precondition_required"),
        ("3", 200, None),
        ('"3"', 200, None),
        ("newest", 412, "precondition_failed"),
        ("-1", 412, "precondition_failed"),
        ("9999999999", 412, "precondition_failed"),
        ("٣", 412, "precondition_failed"),
    ],
)
async def test_a_versioned_write_names_its_version(
    one: Client, version: str | None, status: int, code: str | None
) -> None:
    headers = [] if version is None else [(b"if-match", version.encode())]
    answer = await one.http.request("PUT", "/api/probe/v1/items/1", headers=[(b"cookie", b"__Host-haoyou=1"), *headers])
    assert (answer.status_code, answer.json().get("code")) == (status, code)
