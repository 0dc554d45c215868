"""Hints to browsers: to those concerned, and a browser that was away misses nothing or fetches everything."""

import asyncio
import json
from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import Connection, text

from haoyou.kernel import live
from haoyou.kernel.house import House
from haoyou.kernel.relay import NOTIFY_BYTES_MAX
from haoyou.kernel.testing.outbox import settle
from tests.kernel.rooms import Said


async def refresh(house: House, *keys: str, people: tuple[int, ...] = ()) -> None:
    async with house.service_ctx("probe").write() as tx:
        tx.refresh(people, *keys)
    await settle(house)


async def until_kept(house: House, count: int) -> None:
    async with asyncio.timeout(30):
        while len(house.hub._kept) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


class Browser:
    """Listens, and remembers the id of the last event as browsers do."""

    def __init__(self, house: House, person: int, last_seen: str | None = None) -> None:
        self._stream: AsyncGenerator[str] = house.hub.stream(person, last_seen)
        self.last_seen = last_seen

    async def next(self) -> tuple[str, list[str]]:
        """Kind and keys of the next event."""
        async with asyncio.timeout(30):
            event = await anext(self._stream)
        lines = dict(line.split(": ", 1) for line in event.strip().splitlines() if ": " in line)
        self.last_seen = lines.get("id", self.last_seen)
        return lines.get("event", "welcome"), json.loads(lines.get("data", "{}")).get("keys", [])

    async def leave(self) -> None:
        await self._stream.aclose()


async def test_a_hint_reaches_whom_it_concerns(house: House) -> None:
    one, two = Browser(house, 1), Browser(house, 2)
    assert (await one.next(), await two.next()) == (("welcome", []), ("welcome", []))
    await refresh(house, "tasks", people=(1,))
    await refresh(house, "me", "day")
    assert await one.next() == ("changed", ["tasks"])
    assert await one.next() == ("changed", ["me", "day"])
    assert await two.next() == ("changed", ["me", "day"])
    await one.leave()
    await two.leave()
    assert house.hub._listeners == {}


async def test_messages_between_rooms_are_no_hints(house: House) -> None:
    async with house.service_ctx("probe").write() as tx:
        tx.tell(Said("a", 1))
    await refresh(house, "last")
    await until_kept(house, 1)
    assert [hint.keys for hint in house.hub._kept] == [("last",)]


async def test_who_comes_back_gets_what_was_missed(house: House) -> None:
    browser = Browser(house, 1)
    await browser.next()
    await refresh(house, "first", people=(1,))
    await browser.next()
    await browser.leave()
    await refresh(house, "second", people=(1,))
    await refresh(house, "not mine", people=(2,))
    await refresh(house, "third")
    await until_kept(house, 4)
    again = Browser(house, 1, browser.last_seen)
    assert await again.next() == ("changed", ["second"])
    assert await again.next() == ("changed", ["third"])
    await again.leave()


async def test_who_missed_nothing_is_told_nothing(house: House) -> None:
    await refresh(house, "first")
    await until_kept(house, 1)
    again = Browser(house, 1, f"{house.hub.epoch}-1")
    waiting = asyncio.create_task(again.next())
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await refresh(house, "second")
    assert await waiting == ("changed", ["second"])
    await again.leave()


async def test_a_gap_that_was_not_kept_makes_the_browser_fetch_everything(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(live.KEPT + 5):
        house.hub._publish(json.dumps({"people": [], "keys": [f"k{number}"]}))
    for last_seen, kind in ((5, "changed"), (4, "reset"), (1, "reset")):
        browser = Browser(house, 1, f"{house.hub.epoch}-{last_seen}")
        assert (await browser.next())[0] == kind
        await browser.leave()


@pytest.mark.parametrize(
    "last_seen", ["other-1", "-", "x", "{epoch}", "{epoch}-", "{epoch}-x", "{epoch}-²", "{epoch}--1", "{epoch}-1.5"]
)
async def test_another_epoch_or_nonsense_makes_it_fetch_everything(house: House, last_seen: str) -> None:
    await refresh(house, "first")
    browser = Browser(house, 1, last_seen.format(epoch=house.hub.epoch))
    assert await browser.next() == ("reset", [])
    assert browser.last_seen
    assert browser.last_seen.startswith(f"{house.hub.epoch}-")
    await browser.leave()


async def test_a_hub_that_lost_the_database_begins_a_new_epoch(house: House, admin: Connection) -> None:
    before = house.hub.epoch
    browser = Browser(house, 1)
    await browser.next()
    admin.execute(
        text(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where query like 'listen haoyou_live%' and pid <> pg_backend_pid()"
        )
    )
    assert await browser.next() == ("reset", [])
    assert house.hub.epoch != before
    async with asyncio.timeout(30):
        await house.hub.listening.wait()
    await refresh(house, "after")
    assert await browser.next() == ("changed", ["after"])
    await browser.leave()


async def test_a_browser_that_reads_too_slowly_fetches_everything(house: House) -> None:
    browser = Browser(house, 1)
    await browser.next()
    for number in range(live.QUEUE_MAX + 1):
        house.hub._publish(json.dumps({"people": [1], "keys": [f"k{number}"]}))
    assert await browser.next() == ("reset", [])
    house.hub._publish(json.dumps({"people": [1], "keys": ["next"]}))
    assert await browser.next() == ("changed", ["next"])
    await browser.leave()


async def test_a_hint_for_too_many_people_becomes_a_word_to_all(house: House) -> None:
    """PostgreSQL carries no notification as long as that."""
    people = tuple(range(1_000_000, 1_000_000 + NOTIFY_BYTES_MAX // 8))
    browser = Browser(house, 7)
    await browser.next()
    await refresh(house, "tasks", people=people)
    assert await browser.next() == ("reset", [])
    await browser.leave()


async def test_a_silent_stream_beats(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT_S", 0.05)
    stream = house.hub.stream(1, None)
    await anext(stream)
    assert await anext(stream) == ": beat\n\n"
    await stream.aclose()


async def test_two_processes_hear_the_same(make_house) -> None:  # type: ignore[no-untyped-def]
    first, second = await make_house(), await make_house()
    browser = Browser(second, 1)
    await browser.next()
    await refresh(first, "tasks")
    assert await browser.next() == ("changed", ["tasks"])
    await browser.leave()
