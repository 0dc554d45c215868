"""Messages: told with the commit or not at all, carried in order, tried again, parked, and acted upon once."""

import asyncio

import pytest
from sqlalchemy import Connection, text

from haoyou.kernel.house import House
from haoyou.kernel.outbox import PARTITIONS, partition_of
from haoyou.kernel.relay import BATCH, TRIES_MAX
from haoyou.kernel.status import parked_messages, waiting_messages
from haoyou.kernel.testing.clock import SetClock
from haoyou.kernel.testing.outbox import NotTaken, Told, list_refreshed, list_told, read_outbox, settle
from tests.kernel import rooms
from tests.kernel.conftest import person
from tests.kernel.rooms import Said, Whispered


async def tell(house: House, *messages: Said) -> None:
    for message in messages:
        async with house.service_ctx("probe").write() as tx:
            tx.tell(message)


async def heard(house: House) -> list[tuple[str, int]]:
    return await rooms.list_heard(house.service_ctx("echo"))


async def until_heard(house: House, *expected: tuple[str, int]) -> None:
    """Exactly these, in this order, as soon as the relay has come round."""
    for _ in range(500):
        if await heard(house) == [*expected]:
            return
        house.wake_relay()
        await asyncio.sleep(0.02)
    assert await heard(house) == [*expected]


async def tried(house: House, clock: SetClock, number: int, tries: int) -> Told:
    """Let time pass until the message has been tried so often."""
    for _ in range(200):
        (row,) = [one for one in await read_outbox(house) if one.body.get("number") == number]
        if row.tries >= tries:
            return row
        if row.next_try_at and row.next_try_at > clock():
            await clock.set(row.next_try_at)
        house.wake_relay()
        await asyncio.sleep(0.02)
    raise AssertionError(f"message {number} was not tried {tries} times")


async def test_messages_arrive_in_the_order_they_were_told(house: House) -> None:
    await tell(house, *(Said("a", number) for number in range(5)))
    await settle(house)
    assert await heard(house) == [("a", number) for number in range(5)]
    assert await waiting_messages(house.engine) == 0


async def test_a_transaction_that_fails_tells_nothing(house: House) -> None:
    with pytest.raises(ZeroDivisionError):
        async with house.service_ctx("probe").write() as tx:
            tx.tell(Said("a", 1))
            tx.refresh([1], "things")
            raise ZeroDivisionError
    assert await read_outbox(house) == []


async def test_a_message_that_nobody_hears_is_done_with(house: House) -> None:
    async with house.service_ctx("probe").write() as tx:
        tx.tell(Whispered())
    await settle(house)
    assert await list_told(house) == [Whispered()]


async def test_a_failing_consumer_holds_back_its_own_key_only(house: House, clock: SetClock) -> None:
    rooms.REFUSED.add(1)
    await tell(house, Said("a", 1), Said("a", 2), Said("b", 3), Said("a", 4))
    await tried(house, clock, 1, 2)
    await until_heard(house, ("b", 3))

    rooms.REFUSED.clear()
    await clock.advance(minutes=5)
    await house.settle(timeout_s=10)
    assert await heard(house) == [("b", 3), ("a", 1), ("a", 2), ("a", 4)]


async def test_keys_of_one_partition_do_not_hold_each_other_back(house: House, clock: SetClock) -> None:
    """Failing is a matter of the key; the partition is only how the work is divided."""
    neighbour = next(f"n{i}" for i in range(1000) if partition_of(f"n{i}") == partition_of("a"))
    rooms.REFUSED.add(1)
    await tell(house, Said("a", 1), Said(neighbour, 2))
    await tried(house, clock, 1, 1)
    await until_heard(house, (neighbour, 2))


async def test_after_five_tries_a_message_is_parked_with_its_key(house: House, clock: SetClock) -> None:
    rooms.REFUSED.add(1)
    await tell(house, Said("a", 1), Said("a", 2), Said("b", 3))
    row = await tried(house, clock, 1, TRIES_MAX)
    assert (row.tries, row.parked, row.last_error) == (5, True, "ValueError: number 1 is unbearable")
    assert await parked_messages(house.engine) == 1

    rooms.REFUSED.clear()
    await clock.advance(days=1)
    await tell(house, Said("b", 4), Said("a", 5))
    with pytest.raises(TimeoutError):  # the rest of the parked key waits for an administrator
        await house.settle(timeout_s=1)
    assert await heard(house) == [("b", 3), ("b", 4)]
    assert {one.body["number"]: one.tries for one in await read_outbox(house) if one.waits} == {2: 0, 5: 0}


async def test_a_key_with_more_waiting_than_a_batch_starves_nobody(house: House, clock: SetClock) -> None:
    rooms.REFUSED.add(0)
    await tell(house, Said("a", 0))
    await tried(house, clock, 0, 1)
    async with house.service_ctx("probe").write() as tx:
        for number in range(1, BATCH + 50):
            tx.tell(Said("a", number))
        tx.tell(Said("b", 1_000_000))
    await until_heard(house, ("b", 1_000_000))


async def test_a_failed_reaction_leaves_no_effect(house: House, clock: SetClock, admin: Connection) -> None:
    """It had written before it failed."""
    rooms.REFUSED.add(1)
    await tell(house, Said("a", 1))
    await tried(house, clock, 1, 1)
    assert await heard(house) == []
    assert admin.execute(text("select count(*) from kernel.inbox")).scalar_one() == 0


async def test_delivered_twice_acts_once(house: House, admin: Connection) -> None:
    await tell(house, Said("a", 1), Said("a", 2))
    await settle(house)
    admin.execute(text("update kernel.outbox set delivered_at = null"))  # the relay died before it could note it
    await settle(house)
    assert await heard(house) == [("a", 1), ("a", 2)]
    assert [row.tries for row in await read_outbox(house)] == [0, 0]


async def test_a_reaction_acts_for_the_person_who_caused_it(house: House, admin: Connection) -> None:
    async with person(house, 7).write() as tx:
        tx.tell(Said("a", 1))
    await settle(house)
    (row,) = await read_outbox(house)
    assert (row.room, row.caused_by) == ("probe", 7)
    assert admin.execute(text("select room, consumer from kernel.inbox")).all() == [
        ("echo", "tests.kernel.rooms.write_down")
    ]


async def test_settle_says_what_went_wrong(house: House, clock: SetClock) -> None:
    rooms.REFUSED.add(1)
    await tell(house, Said("a", 1))
    with pytest.raises(NotTaken, match="number 1 is unbearable"):
        await settle(house)


async def test_hints_to_browsers_are_no_messages(house: House) -> None:
    async with house.service_ctx("probe").write() as tx:
        tx.refresh([3, 0, 1, 3], "things")
    await settle(house)
    assert await list_told(house) == []
    assert await list_refreshed(house) == [{"people": [1, 3], "keys": ["things"]}]


def test_partitions_never_change() -> None:
    """A row written by one version is read by the next: these numbers are a promise."""
    assert [partition_of(key) for key in ("bank-day", "assignments", "customer:1", "任务")] == [9, 13, 11, 13]
    assert {partition_of(f"k{i}") for i in range(1000)} == set(range(PARTITIONS))
