"""Every operation says who may call it and how a repeat is recognised; one that does not keeps the house shut."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI

from haoyou.app import build_app, describe
from haoyou.gateway.routes import Table, Undeclared
from haoyou.kernel.house import House
from haoyou.kernel.web.operation import Operation, Router
from haoyou.kernel.web.policy import PUBLIC, SIGNED_IN, Data, Write
from haoyou.rooms import load_rooms, room_names

pytestmark = pytest.mark.house(running=False)
WEB_DOCUMENT = Path(__file__).parents[2] / "web" / "openapi.json"
METHODS = {"get", "post", "put", "delete", "patch"}


@pytest.fixture(scope="module")
def operations() -> dict[str, dict]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in describe()["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


def test_every_operation_declares_a_policy(operations: dict[str, dict]) -> None:
    permissions = {PUBLIC, SIGNED_IN, *(name for room in load_rooms() for name in room.permissions)}
    assert len(operations) >= 12
    for name, operation in operations.items():
        policy = operation.get("x-policy")
        assert policy, f"{name} has no x-policy"
        assert policy["permission"] in permissions, name
        assert policy["data"] in set(Data), name
        assert policy["write"] in set(Write), name


def test_every_write_declares_its_class_and_no_reading_does(operations: dict[str, dict]) -> None:
    reading = {name for name in operations if name.startswith("GET ")}
    kinds = {name: operation["x-policy"]["write"] for name, operation in operations.items()}
    assert {name for name, kind in kinds.items() if kind == Write.NONE} - reading == set()
    assert {name for name in reading if kinds[name] not in (Write.NONE, Write.NATURAL)} == set()


def test_only_signing_in_is_public(operations: dict[str, dict]) -> None:
    public = {name for name, operation in operations.items() if operation["x-policy"]["permission"] == PUBLIC}
    assert public == {
        "POST /api/identity/v1/sign-in",
        "GET /api/identity/v1/sign-in/ways",
        "POST /api/identity/v1/sign-on/begin",
        "POST /api/identity/v1/sign-on/finish",
    }


def test_customer_data_never_opens_to_whoever_is_signed_in(operations: dict[str, dict]) -> None:
    open_to_all = {
        name
        for name, operation in operations.items()
        if operation["x-policy"]["data"] == Data.CUSTOMER and operation["x-policy"]["permission"] in (PUBLIC, SIGNED_IN)
    }
    assert open_to_all == set()


def test_addresses_and_names_are_those_of_the_room(operations: dict[str, dict]) -> None:
    names = set(room_names())
    for name, operation in operations.items():
        room = name.split("/")[2]
        if room == "live":
            continue
        assert room in names, name
        assert name.split("/")[3] == "v1", name
        assert operation["operationId"].startswith(f"{room}_"), name
    every = [operation["operationId"] for operation in operations.values()]
    assert len(every) == len(set(every))


def test_every_problem_is_documented_as_one(operations: dict[str, dict]) -> None:
    for name, operation in operations.items():
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer.get("content", {})) == ["application/problem+json"], f"{name} {status}"


async def test_a_route_without_a_policy_keeps_the_house_shut(house: House) -> None:
    plain = APIRouter()

    @plain.get("/api/planted/v1/things")
    async def list_things() -> list[str]:
        return []

    class Planted(Router):
        def install(self, app: FastAPI) -> list[Operation]:
            app.include_router(plain)
            return app.router.routes[-1:]  # type: ignore[return-value]

    with pytest.raises(Undeclared, match="declares no policy"):
        build_app(_with_router(house, Planted("identity")))


async def test_a_permission_that_no_room_declares_keeps_the_house_shut(house: House) -> None:
    router = Router("identity")

    @router.get("/things", permission="identity.nobody.knows", data=Data.HOUSE)
    async def list_things() -> list[str]:
        return []

    with pytest.raises(Undeclared, match=r"identity\.nobody\.knows, which no room declares"):
        build_app(_with_router(house, router))


def test_a_route_of_another_kind_is_refused() -> None:
    with pytest.raises(Undeclared):
        Table([object()], permissions=frozenset({PUBLIC}))


def test_the_web_is_built_from_this_document() -> None:
    """The types of the web app come from this file: `haoyou openapi > web/openapi.json`."""
    assert json.loads(WEB_DOCUMENT.read_text(encoding="utf-8")) == describe()


def test_every_schema_has_a_name_of_its_own() -> None:
    """Two models of one name get their modules' paths for names, which then stand in the client."""
    assert [name for name in describe()["components"]["schemas"] if "__" in name] == []


def _with_router(house: House, router: Router) -> House:
    house.rooms = tuple(replace(room, routers=(router,) if room.name == "identity" else ()) for room in house.rooms)
    return house
