"""The rights matrix: what each role may call, and which customers, tasks, people and places it then reaches."""

from collections.abc import Mapping

import httpx
import pytest

from haoyou.gateway.app import Gateway
from haoyou.kernel.testing.client import Client
from tests.trust.calls import CALLS, NO_KEYS
from tests.trust.live import open_live
from tests.trust.matrix import ACTORS, checksum, problem, try_rights
from tests.trust.oracle import RELATIONS, relation
from tests.trust.rights import NOBODY, ROLES, Operation, Right, read_document, read_table
from tests.trust.world import STAFF, World

ONE_OF = {STAFF[code].role: code for code in ("RM-O11", "LM-O11", "BM-B1", "HO", "ADMIN")}
STREAM = "kernel_live"
LAST = "identity_sign_out"


@pytest.fixture
async def operations(client: Client) -> dict[str, Operation]:
    return read_document((await client.get("/openapi.json")).json())


def complaints(table: Mapping[str, Right], operations: Mapping[str, Operation]) -> list[str]:
    """Where the written table and the running house differ."""
    missing = [f"{name} is not in rights.csv" for name in operations.keys() - table.keys()]
    gone = [f"{name} is in rights.csv and nowhere else" for name in table.keys() - operations.keys()]
    other = [
        f"{name} says its data are {operations[name].policy.get('data')}, rights.csv says {table[name].data}"
        for name in table.keys() & operations.keys()
        if operations[name].policy.get("data") != table[name].data
    ]
    return sorted(missing + gone + other)


@pytest.mark.house(running=False)
async def test_the_table_names_every_operation_and_no_other(operations: dict[str, Operation]) -> None:
    assert complaints(read_table(), operations) == []
    assert len(operations) >= 31


@pytest.mark.house(running=False)
async def test_a_new_a_gone_and_a_changed_operation_are_seen(operations: dict[str, Operation]) -> None:
    table = read_table()
    one, other = table.pop("customers_reveal"), table["tasks_get_task"]
    table |= {"customers_gone": one, "tasks_get_task": Right("house", other.allowed)}
    assert complaints(table, operations) == [
        "customers_gone is in rights.csv and nowhere else",
        "customers_reveal is not in rights.csv",
        "tasks_get_task says its data are customer, rights.csv says house",
    ]


@pytest.mark.house(running=False)
async def test_every_id_that_a_caller_may_write_is_tried(operations: dict[str, Operation]) -> None:
    tried = {(call.operation, call.at) for call in CALLS}
    assert tried | NO_KEYS.keys() == {(one.name, at) for one in operations.values() for at in one.ids}
    assert tried & NO_KEYS.keys() == set()


async def ask_bare(who: Client, operation: Operation) -> httpx.Response:
    """The operation with ids of nothing and without a body: enough to learn whether this role may ask at all."""
    path = operation.path
    for at in operation.ids:
        where, name = at.split(".")
        if where == "path":
            unknown = next(call.unknown for call in CALLS if (call.operation, call.at) == (operation.name, at))
            path = path.replace(f"{{{name}}}", unknown)
    return await who.send(operation.method, path)


async def test_each_role_may_call_what_the_table_says(
    world: World, client: Client, app: Gateway, operations: dict[str, Operation]
) -> None:
    table, wrong = read_table(), list[str]()
    people = {NOBODY: client} | {role: world.people[code] for role, code in ONE_OF.items()}
    ordered = sorted(operations.values(), key=lambda one: one.name == LAST)
    for who in people.values():
        await who.get("/api/identity/v1/me")  # signs on
    for operation in ordered:
        for role, who in people.items():
            if operation.name == STREAM:
                status = await open_live(app, dict(who.http.cookies))
                refusal = {401: (401, "unauthenticated")}.get(status)
            else:
                answer = await ask_bare(who, operation)
                status, refusal = answer.status_code, (answer.status_code, problem(answer).get("code"))
            expected = (401, "unauthenticated") if role == NOBODY else (403, "forbidden")
            if (refusal == expected) == (role in table[operation.name].allowed) or status >= 500:
                wrong.append(f"{role} {operation.name}: {status} {refusal}")
    assert wrong == []
    assert set(people) == {NOBODY, *ROLES}


@pytest.mark.timeout(300)
async def test_rights_reach_as_far_as_the_oracle_says_and_no_further(
    world: World, operations: dict[str, Operation]
) -> None:
    outcome = await try_rights(world, read_table(), operations)
    assert outcome.wrong == []
    for call in CALLS:
        for role in ROLES:
            tried = {near for name, whose, near in outcome.tried if (name, whose) == (call.operation, role)}
            assert tried >= possible_relations(world, call.kind, role), f"{call.operation} {role}"
    assert {near for _, _, near in outcome.tried} == set(RELATIONS)
    assert outcome.allowed >= 120
    assert outcome.refused >= 500


def possible_relations(world: World, kind: str, role: str) -> set[str]:
    """The relations that exist between this role's people and such things: head office has no sibling."""
    people = [code for code in ACTORS if STAFF[code].role == role]
    return {"unknown"} | {relation(code, target) for code in people for target in world.of_kind(kind)}


async def test_a_write_from_a_foreign_page_is_refused_before_anything_else(
    world: World, operations: dict[str, Operation]
) -> None:
    """A page of somebody else can make a browser send the cookie, but not our header."""
    person = world.people["BM-B1"]
    await person.get("/api/identity/v1/me")
    del person.http.headers["X-Haoyou"]
    before = checksum(world)
    writes = [one for one in operations.values() if one.method != "GET"]
    answers = {one.name: await ask_bare(person, one) for one in writes}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 403)
    assert len(answers) >= 15
    assert checksum(world) == before
