"""What every test of marketing begins with: the small bank, its customers, and settled messages."""

from collections.abc import Awaitable, Callable

import pytest

from haoyou.centers.customers.contract import Card
from haoyou.centers.identity.tests.factories import Bank
from haoyou.centers.marketing.tests import factories
from haoyou.kernel.house import House

Settle = Callable[[], Awaitable[None]]


@pytest.fixture
async def cards(house: House, bank: Bank, settle: Settle) -> dict[str, Card]:
    """The customers of the small bank, by code; everything their arrival told is carried."""
    made = await factories.make_people(house)
    await settle()
    return made
