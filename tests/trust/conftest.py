"""The bank in which rights are tried."""

from collections.abc import Awaitable, Callable

import pytest

from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.server import Database
from tests.trust.world import World, make_world


@pytest.fixture
async def world(house: House, database: Database, client: Client, settle: Callable[[], Awaitable[None]]) -> World:
    return await make_world(house, database, client, settle)
