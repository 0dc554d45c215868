"""Un-merging leaves nothing behind: random histories beside twins who were never merged."""

from random import Random

import pytest

from haoyou.centers.customers.tests.twins import History, branches_of
from haoyou.centers.identity.tests.factories import BANK_DATE, Bank
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client

HISTORIES = 16
STEPS = 12


@pytest.mark.house(customers_per_manager_max=10_000)
async def test_after_the_last_parting_nothing_tells_them_from_their_twins(
    house: House, bank: Bank, client: Client
) -> None:
    office, branches = client.as_staff("HO"), branches_of(client)
    merged = 0
    day = BANK_DATE
    for number in range(HISTORIES):
        size = 2 if number % 2 else 3
        codes = tuple(f"A{number:03}{one}" for one in range(size))
        history = History(house, office, branches, bank, Random(number), codes, day=day)
        await history.begin()
        for _ in range(STEPS):
            await history.step()
        merged += len(history.made)
        for code in history.roots():
            await history.check_sums(code)
        await history.part_all()
        assert await history.differences() == [], (number, history.done)
        day = history.day
    assert merged > HISTORIES
