"""Many writers, random commit delays, and relays that are killed: everything arrives, acts once, and in order."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from haoyou.kernel.clock import system_now
from haoyou.kernel.house import House
from haoyou.kernel.testing.clock import SetClock
from haoyou.kernel.testing.server import Database, Server
from tests.architecture.source import ROOT
from tests.kernel import rooms
from tests.kernel.rooms import Said

WRITERS, ROUNDS, TOLD_AT_ONCE, KILLS = 16, 60, 2, 8
SEED = 20261122
TIMEOUT_S = 100


class RunningClock(SetClock):
    """The relays live in other processes, so this house shares their time."""

    def __call__(self) -> datetime:
        return system_now()


@pytest.fixture
def clock() -> SetClock:
    return RunningClock()


class Nursery:
    """Starts relays and kills them; none outlives the test."""

    def __init__(self, database: Database, home: Path) -> None:
        command = [sys.executable, "-m", "tests.kernel.relay_process", database.app_url, str(home)]
        environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._alive: set[int] = set()

    def start(self) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        self._alive.add(pid)
        return pid

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self._alive.discard(pid)

    def close(self) -> None:
        for pid in list(self._alive):
            self.kill(pid)
        self._process.communicate(timeout=30)


@pytest.fixture
def nursery(database: Database, server: Server) -> Iterator[Nursery]:
    one = Nursery(database, server.home)
    yield one
    one.close()


async def write(house: House, writer: int, chance: random.Random) -> None:
    """Each writer has two topics of its own, whose order is therefore known, and speaks on one that all share."""
    for step in range(ROUNDS):
        number = writer * 10_000 + step * 10
        async with house.service_ctx("probe").write() as tx:
            for n in range(TOLD_AT_ONCE):
                tx.tell(Said(f"writer {writer} topic {step % 2}", number + n))
            if step % 10 == 0:
                tx.tell(Said("everybody", number + 9))
            await asyncio.sleep(chance.random() * 0.02)  # rows of later transactions commit before this one's


async def count(connection: Connection, statement: str) -> int:
    return await asyncio.to_thread(lambda: connection.execute(text(statement)).scalar_one())


async def carried(connection: Connection, *, more_than: int) -> int:
    """Wait until more messages have had their effect than before; answers how many."""
    async with asyncio.timeout(TIMEOUT_S):
        while (now := await count(connection, "select count(*) from echo.heard")) <= more_than:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return now


@pytest.mark.timeout(3 * TIMEOUT_S)
@pytest.mark.house(running=False, pool_size=WRITERS)
async def test_killed_relays_lose_nothing_double_nothing_and_keep_the_order(
    house: House, nursery: Nursery, admin: Connection
) -> None:
    chance = random.Random(SEED)
    victims = [nursery.start(), nursery.start()]  # two at a time: the partitions are shared and taken over
    writers = asyncio.gather(*(write(house, writer, random.Random(SEED + writer)) for writer in range(WRITERS)))
    had_effect = 0
    for _ in range(KILLS):
        had_effect = await carried(admin, more_than=had_effect)
        await asyncio.sleep(chance.random() * 0.3)
        nursery.kill(victims.pop(0))
        victims.append(nursery.start())
    await writers
    async with asyncio.timeout(TIMEOUT_S):
        while await count(admin, "select count(*) from kernel.outbox where delivered_at is null and parked_at is null"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    expected = WRITERS * ROUNDS * TOLD_AT_ONCE + WRITERS * len(range(0, ROUNDS, 10))
    heard = await rooms.list_heard(house.service_ctx("echo"))
    assert len(heard) == expected == 2016
    assert len({number for _, number in heard}) == expected, "an effect happened twice"
    by_topic: dict[str, list[int]] = defaultdict(list)
    for topic, number in heard:
        by_topic[topic].append(number)
    disordered = [topic for topic, numbers in by_topic.items() if topic != "everybody" and numbers != sorted(numbers)]
    assert disordered == []
    assert len(by_topic) == 2 * WRITERS + 1
    assert await count(admin, "select count(*) from kernel.inbox") == expected
