"""What a customer had day by day, kept as the feed fills."""

from datetime import date, timedelta
from typing import Any

import pytest

from haoyou.centers.backoffice.contract import BalanceFact
from haoyou.centers.customers.contract import Card
from haoyou.centers.customers.tests.factories import WANG, Someone, account_of, feed, make_customers, read_rows
from haoyou.centers.identity.tests.factories import BANK_DATE, CURRENCY, Bank, advance_to
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client

ROOM = "/api/customers/v1"
DAYS = [BANK_DATE + timedelta(days=number) for number in range(4)]
LI = Someone("20000001", "李强", "O11", "RM-O11", balance_minor=1_000)


@pytest.fixture
async def cards(house: House, bank: Bank) -> dict[str, Card]:
    return await make_customers(house, WANG, LI)


async def move(house: House, day: date, minor: int) -> None:
    await feed(house, balances=[BalanceFact(account_of(WANG), day, minor)], day=day)


async def rows_of(house: House, card: Card) -> list[tuple[date, int]]:
    words = f"select bank_date, deposits_minor from customers.position_day where customer_no = {card.no} order by 1"
    return [(row.bank_date, row.deposits_minor) for row in await read_rows(house, words)]


async def read(client: Client, card: Card, query: str = "") -> Any:
    answer = await client.as_staff("RM-O11").get(f"{ROOM}/customers/{card.id}/positions{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_day_has_a_row_when_something_changed(house: House, cards: dict[str, Card]) -> None:
    await move(house, DAYS[1], 50_000_000)
    await move(house, DAYS[2], 50_000_000)
    await move(house, DAYS[3], 10)
    await move(house, DAYS[3], 10)
    await move(house, DAYS[1], 1)  # older than what we hold
    assert await rows_of(house, cards[WANG.code]) == [(DAYS[0], 60_000_000), (DAYS[1], 50_000_000), (DAYS[3], 10)]
    assert await rows_of(house, cards[LI.code]) == [(DAYS[0], 1_000)]


async def test_the_window_begins_with_what_was_had_before_it(
    client: Client, house: House, cards: dict[str, Card]
) -> None:
    later = BANK_DATE + timedelta(days=60)
    await move(house, later, 70_000_000)
    await advance_to(house, later)
    page = await read(client, cards[WANG.code], "?months=1")
    assert (page["since"], page["on"]) == (str(later - timedelta(days=31)), str(later))
    assert [(one["on"], one["deposits"]["minor"]) for one in page["items"]] == [
        (str(BANK_DATE), 60_000_000), (str(later), 70_000_000),
    ]  # fmt: skip
    assert page["items"][0]["wealth"] == page["items"][0]["loans"] == {"minor": 0, "currency": CURRENCY}


@pytest.mark.parametrize("months", [0, 13, "x"])
async def test_a_window_has_bounds(client: Client, cards: dict[str, Card], months: object) -> None:
    answer = await client.as_staff("RM-O11").get(f"{ROOM}/customers/{cards[WANG.code].id}/positions?months={months}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_positions_of_a_stranger(client: Client, cards: dict[str, Card]) -> None:
    answer = await client.as_staff("RM-O21").get(f"{ROOM}/customers/{cards[WANG.code].id}/positions")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
