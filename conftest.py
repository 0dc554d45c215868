"""The whole house for tests: all rooms, the gateway before them, and somebody to sign in."""

from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

import httpx
import pytest

from haoyou.app import build_app
from haoyou.centers.identity.tests import factories
from haoyou.gateway.app import COOKIE, Gateway
from haoyou.kernel.house import House
from haoyou.kernel.room import Manifest
from haoyou.kernel.testing.client import Client
from haoyou.rooms import load_rooms
from haoyou.rooms import migration_directories as directories_on_disk

pytest_plugins = ["haoyou.kernel.testing.plugin"]


@pytest.fixture(scope="session")
def rooms() -> Sequence[Manifest]:
    return load_rooms()


@pytest.fixture(scope="session")
def migration_directories() -> Sequence[Path]:
    return directories_on_disk()


@pytest.fixture
def app(house: House) -> Gateway:
    return build_app(house, run_loops=False)


@pytest.fixture
async def client_of() -> AsyncGenerator[Callable[[House], Client]]:
    """Browsers of any house, such as a second process on the same database."""
    made: list[Client] = []

    def make(house: House) -> Client:
        async def sign_on(code: str) -> dict[str, str]:
            return {COOKIE: await factories.open_session(house, code=code)}

        application = build_app(house, run_loops=False)
        made.append(Client(httpx.ASGITransport(app=application, client=("127.0.0.1", 50_000)), sign_on))
        return made[-1]

    yield make
    for one in made:
        await one.aclose()


@pytest.fixture
def client(house: House, client_of: Callable[[House], Client]) -> Client:
    """Nobody; `client.as_staff("RM-O11")` is somebody of the `bank` (or of whatever staff a test made)."""
    return client_of(house)


@pytest.fixture
async def bank(house: House) -> factories.Bank:
    """Institutions, one person of each role in each place, roles and the bank's day: see identity's factories."""
    return await factories.make_bank(house)
