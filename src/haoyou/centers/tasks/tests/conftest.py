"""What tests of tasks begin with: the customers of the small bank, and other rooms that ask."""

from collections.abc import Awaitable, Callable

import pytest

from haoyou.centers.identity.tests.factories import Bank
from haoyou.centers.tasks.tests.factories import Ask, Cards, make_cards, tell
from haoyou.kernel.house import House
from haoyou.kernel.message import Message


@pytest.fixture
async def cards(house: House, bank: Bank, settle: Callable[[], Awaitable[None]]) -> Cards:
    """Customers 1 and 2 of RM-O11, 3 of RM-O21 and 4, a firm, of RMC-O11."""
    cards = await make_cards(house)
    await settle()
    return cards


@pytest.fixture
def ask(house: House, cards: Cards, settle: Callable[[], Awaitable[None]]) -> Ask:
    """`await ask(request, …)`: told by another room, and carried."""

    async def tell_and_settle(*messages: Message) -> None:
        await tell(house, *messages)
        await settle()

    return tell_and_settle
