"""The relay loses no message, acts on each once, and keeps the order of each key, however often it is killed.

Sixteen writers with random pauses before their commits; a relay in a process of its own is killed with kill -9 and
followed by the next. Rooms and relay are those of the kernel's own tests.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from time import monotonic, sleep

import psycopg

from bench.chance import seeded
from bench.figure import Figure, exactly
from bench.ground import Ground, open_house, open_test_ground
from bench.house import ROOT
from haoyou.kernel.house import House
from tests.kernel import rooms as probe_rooms

TOPICS_PER_WRITER = 4
TOLD_AT_ONCE = 5
PAUSE_MAX_S = 0.02
ALIVE_S = (0.5, 3.0)
CARRIED_S = 600.0
NUMBERS_PER_WRITER = 1_000_000
WAITING = "select count(*) from kernel.outbox where delivered_at is null and parked_at is null"


@dataclass(frozen=True, slots=True)
class Dose:
    writers: int
    events: int
    kills: int
    seed: int


FULL = Dose(writers=16, events=50_000, kills=50, seed=20261122)
SMALL = Dose(writers=16, events=1_600, kills=3, seed=20261122)


def measure(dose: Dose) -> list[Figure]:
    with (
        open_test_ground((probe_rooms.probe, probe_rooms.echo), (probe_rooms.MIGRATIONS,)) as ground,
        psycopg.connect(ground.database.admin_url, autocommit=True) as connection,
    ):
        seconds = asyncio.run(_storm(ground, connection, dose))
        heard = connection.execute("select key, number from echo.heard order by n").fetchall()
        told = _count(connection, "select count(*) from kernel.outbox")
        parked = _count(connection, "select count(*) from kernel.outbox where parked_at is not null")
        left = _count(connection, WAITING)
    return [
        exactly("relay.told", told, "count", dose.events),
        Figure("relay.kills", dose.kills, "count"),
        *judge(heard, events=dose.events),
        exactly("relay.parked", parked, "count", 0),
        exactly("relay.not_carried", left, "count", 0),
        Figure("relay.carried_per_s", len(heard) / seconds, "1/s"),
    ]


def judge(heard: Sequence[tuple[str, int]], *, events: int) -> list[Figure]:
    """Topics and numbers in the order of their effects; within a topic the numbers were told rising."""
    numbers = [number for _, number in heard]
    by_topic: dict[str, list[int]] = defaultdict(list)
    for topic, number in heard:
        by_topic[topic].append(number)
    disordered = sum(found != sorted(found) for found in by_topic.values())
    return [
        exactly("relay.lost", events - len(set(numbers)), "count", 0),
        exactly("relay.doubled", len(numbers) - len(set(numbers)), "count", 0),
        exactly("relay.topics_out_of_order", disordered, "count", 0),
    ]


def _count(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    assert row
    return row[0]


async def _storm(ground: Ground, connection: psycopg.Connection, dose: Dose) -> float:
    """Answers the seconds from the first word to the last effect."""
    began = monotonic()
    async with open_house(ground, pool_size=dose.writers) as house:
        each = dose.events // dose.writers
        writers = [
            asyncio.create_task(_write(house, writer, each, seeded(dose.seed + writer)))
            for writer in range(dose.writers)
        ]
        chance = seeded(dose.seed)
        with _relays(ground) as (start, kill):
            for _ in range(dose.kills):
                await asyncio.to_thread(start)
                await asyncio.sleep(chance.uniform(*ALIVE_S))
                kill()
            await asyncio.to_thread(start)
            await asyncio.gather(*writers)
            await asyncio.to_thread(_wait_until_carried, connection)
    return monotonic() - began


def _wait_until_carried(connection: psycopg.Connection) -> None:
    deadline = monotonic() + CARRIED_S
    while _count(connection, WAITING) and monotonic() < deadline:
        sleep(0.2)


async def _write(house: House, writer: int, events: int, chance: Random) -> None:
    """Numbers of one topic rise; a pause before the commit lets later rows of other writers commit first."""
    for first in range(0, events, TOLD_AT_ONCE):
        topic = f"writer {writer} topic {first // TOLD_AT_ONCE % TOPICS_PER_WRITER}"
        async with house.service_ctx("probe").write() as tx:
            for number in range(first, min(first + TOLD_AT_ONCE, events)):
                tx.tell(probe_rooms.Said(topic, writer * NUMBERS_PER_WRITER + number))
            await asyncio.sleep(chance.random() * PAUSE_MAX_S)


@contextmanager
def _relays(ground: Ground) -> Generator[tuple[Callable[[], None], Callable[[], None]]]:
    """What starts a relay, and what kills it with kill -9; none is left at the end."""
    command = [sys.executable, "-m", "tests.kernel.relay_process", ground.database.app_url, str(ground.server.home)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    nursery = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert nursery.stdin and nursery.stdout
    asking, answering = nursery.stdin, nursery.stdout

    alive: list[int] = []

    def start() -> None:
        asking.write(b"\n")
        asking.flush()
        alive.append(int(answering.readline()))

    def kill() -> None:
        os.kill(alive.pop(), signal.SIGKILL)

    try:
        yield start, kill
    finally:
        while alive:
            kill()
        nursery.kill()
        nursery.wait()
        asking.close()
        answering.close()
