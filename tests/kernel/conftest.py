"""The kernel is tested with rooms of its own, so that no business room can hide or cause what goes wrong here."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection, create_engine

from haoyou.gateway.app import COOKIE, Gateway
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.house import House
from haoyou.kernel.principal import Principal, Scope
from haoyou.kernel.room import Manifest
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.server import Database
from tests.kernel import rooms as probe_rooms


@pytest.fixture(scope="session")
def rooms() -> Sequence[Manifest]:
    return (probe_rooms.probe, probe_rooms.echo)


@pytest.fixture(scope="session")
def migration_directories() -> Sequence[Path]:
    return (probe_rooms.MIGRATIONS,)


@pytest.fixture(autouse=True)
def nothing_is_refused() -> Iterator[None]:
    yield
    probe_rooms.REFUSED.clear()
    probe_rooms.gate.clear()


@pytest.fixture
async def client(app: Gateway) -> AsyncGenerator[Client]:
    """`client.as_staff("1")` is person 1, who works in unit 1."""

    async def sign_on(code: str) -> dict[str, str]:
        return {COOKIE: code}

    browser = Client(httpx.ASGITransport(app=app, client=("127.0.0.1", 50_000)), sign_on)
    yield browser
    await browser.aclose()


@pytest.fixture
def admin(database: Database) -> Iterator[Connection]:
    """Whoever may do everything, for what the house itself may not: each statement is committed at once."""
    url = database.admin_url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def person(house: House, number: int, **scope: object) -> Ctx:
    """A ctx of room probe for a person with just this scope."""
    given = {"lines": ("retail",)} | scope
    return house.ctx("probe", Principal(id=number, name=str(number), scope=Scope(**given)))  # type: ignore[arg-type]
