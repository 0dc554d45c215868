"""Fixtures for every test of the house: a server, a database of its own for each test, a running house, a set clock.

The kernel knows no room: `rooms` and `migration_directories` are filled by a conftest. Settings of one test's house are
given by a mark: `@pytest.mark.house(wire=True, timers=True, running=False, body_bytes_max=100)`; whatever is not one of
the three words is a setting. HAOYOU_WIRE=1 runs the whole suite in wire mode.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from haoyou.kernel.crypto import Keyring
from haoyou.kernel.db.engine import open_engine
from haoyou.kernel.errors import Unavailable
from haoyou.kernel.house import House
from haoyou.kernel.message import Message
from haoyou.kernel.room import Manifest
from haoyou.kernel.settings import Settings
from haoyou.kernel.testing import outbox
from haoyou.kernel.testing.clock import SetClock
from haoyou.kernel.testing.server import Database, Server

MakeHouse = Callable[[], Awaitable[House]]
Toldings = Callable[..., Awaitable[list[Message]]]

SEAL_TRIES_MAX = 200
UP_TIMEOUT_S = 60.0
FINISH_TIMEOUT_S = 5.0
_OWN_WORDS = {"wire", "timers", "running"}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "house(**settings): settings of the house of this test; also timers, running, wire"
    )


@pytest.fixture(scope="session")
def server() -> Generator[Server]:
    one = Server()
    yield one
    one.stop()


@pytest.fixture(scope="session")
def keyring(server: Server) -> Keyring:
    return server.keyring


@pytest.fixture(scope="session")
def rooms() -> Sequence[Manifest]:
    """The rooms of the house; a conftest puts its own in place."""
    return ()


@pytest.fixture(scope="session")
def migration_directories() -> Sequence[Path]:
    return ()


@pytest.fixture
def database(server: Server, rooms: Sequence[Manifest], migration_directories: Sequence[Path]) -> Generator[Database]:
    template = server.template_for([room.name for room in rooms], migration_directories)
    with server.clone(template) as one:
        yield one


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def wire() -> bool:
    """Whether questions between rooms go over the wire; a test that needs both parametrises this name."""
    return os.environ.get("HAOYOU_WIRE") == "1"


@pytest.fixture
async def make_house(
    request: pytest.FixtureRequest,
    database: Database,
    rooms: Sequence[Manifest],
    keyring: Keyring,
    clock: SetClock,
    tmp_path: Path,
    wire: bool,
) -> AsyncGenerator[MakeHouse]:
    """Another house on the same database: what a second process would be."""
    marked: dict[str, object] = {}
    for mark in reversed(list(request.node.iter_markers("house"))):  # the test's own mark comes last and wins
        marked |= mark.kwargs
    settings = settings_for(tmp_path, marked, wire=bool(marked.get("wire", wire)))
    quiet = rooms if marked.get("timers") else [replace(room, timers=()) for room in rooms]
    made: list[House] = []
    async with AsyncExitStack() as stack:

        async def make() -> House:
            engine = open_engine(database.app_url, pool_size=settings.pool_size)
            stack.push_async_callback(engine.dispose)
            house = House(settings=settings, keyring=keyring, engine=engine, rooms=quiet, clock=clock)
            clock.follow(partial(_catch_up, house))
            if marked.get("running", True):
                await stack.enter_async_context(house.running())
                stack.push_async_callback(_let_finish, house)
                await _wait_until_up(house, first=not made)
            made.append(house)
            return house

        yield make


async def _let_finish(house: House) -> None:
    """Wait until only the relay holds a connection.

    One that is broken off while it is being made keeps the server waiting for its password, for a minute, and with it
    whoever drops the database.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(FINISH_TIMEOUT_S):
            while house.engine.pool.checkedout() > 1:  # type: ignore[attr-defined]  # noqa: ASYNC110
                await asyncio.sleep(0.005)


async def _wait_until_up(house: House, *, first: bool) -> None:
    async with asyncio.timeout(UP_TIMEOUT_S):
        await house.hub.listening.wait()
        while first and not house.relay.mine:  # the first relay takes all partitions  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def settings_for(home: Path, changed: dict[str, object], *, wire: bool) -> Settings:
    """Nothing of the machine's environment, contacts all day, nobody held out, as many requests as a test likes."""
    own = {name: value for name, value in changed.items() if name not in _OWN_WORDS}
    assert own.keys() <= Settings.model_fields.keys(), "a mark names a setting that does not exist"
    usual: dict[str, object] = {"rate_per_second": 100_000, "contact_from_hour": 0, "contact_until_hour": 24}
    usual["web_dist"] = home / "not-built"
    usual["control_group_percent"] = 0  # drawn by a key that every run makes anew
    return Settings.model_construct(**usual | {"home": home, "wire": wire} | own)  # pyright: ignore[reportArgumentType]


async def _catch_up(house: House) -> None:
    """After the clock moved: the record is up to date again, as a sealer that runs every second keeps it."""
    for _ in range(SEAL_TRIES_MAX):
        await house.sealer.seal()
        try:
            await house.audit_gate()
        except Unavailable:  # the sealer of another house was at it
            await asyncio.sleep(0.01)
        else:
            return
    raise AssertionError("the sealer does not catch up")


@pytest.fixture
async def house(make_house: MakeHouse) -> House:
    return await make_house()


@pytest.fixture
def told(house: House) -> Toldings:
    """`await told()` or `await told(contract.TaskClosed)`: the messages in the outbox, in order."""
    return partial(outbox.list_told, house)


@pytest.fixture
def settle(house: House) -> Callable[[], Awaitable[None]]:
    """`await settle()`: all messages carried, or NotTaken with what a reaction raised."""
    return partial(outbox.settle, house)
