"""Acknowledged work survives kill -9 of the server and of its database: nothing lost, nothing doubled.

Workers write own to-dos and contacts through HTTP, each under a key they made before sending, and send the same again
until it is acknowledged. Meanwhile the server or PostgreSQL is killed at random moments and the same command is started
again. At the end every acknowledged act is there once, the outbox has told exactly what happened, the relay has
carried all of it, and the audit chain is sound. A killed process does not test fsync; a power cut would.
"""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from uuid import uuid4

import aiohttp
import psycopg

from bench import client
from bench.chance import seeded
from bench.figure import Figure, exactly, percentile
from bench.house import ROOT, NoStart, Server, administrator, make_small_bank, own_home

RETRY_S = 0.1
RETRY_UNTIL_S = 180.0  # longer than any restart takes; whatever is not acknowledged then never will be
CARRIED_S = 120.0
WORK_S = 20.0
KILLED_LATER_S = 0.3  # so that kills also meet acts half done
CONTACT_SHARE = 0.2
PASSING = ('"idempotency.in_flight"', '"rate_limited"')  # answers that say: again, later
REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Dose:
    """`between`: how many acknowledgements come between two kills, at least and at most."""

    kills: int
    database_kills: int
    workers: int
    between: tuple[int, int]
    customers: int
    days: int
    seed: int


FULL = Dose(kills=100, database_kills=45, workers=6, between=(0, 200), customers=400, days=3, seed=20261122)
SMALL = Dose(kills=4, database_kills=2, workers=4, between=(0, 30), customers=400, days=4, seed=20261122)


@dataclass(frozen=True, slots=True)
class Act:
    """What a worker wants done; `word` is its own, so that it is found again."""

    word: str
    path: str
    body: Mapping[str, object]
    key: str

    @property
    def is_contact(self) -> bool:
        return "/contacts" in self.path


@dataclass
class Storm:
    acknowledged: list[Act] = field(default_factory=list[Act])
    retries: int = 0
    replays: int = 0
    unexplained: int = 0
    refused: list[str] = field(default_factory=list[str])
    ending: bool = False


def measure(dose: Dose) -> list[Figure]:
    with own_home() as home:
        make_small_bank(home, customers=dose.customers, days=dose.days)
        server = Server(home)
        storm = Storm()
        server.start()
        try:
            restarts, by_hand, unclean = asyncio.run(_storm(server, dose, storm))
            left = _wait_for_relay(server)
        finally:
            stopped = server.stop()
        with administrator(home) as connection:
            found = examine(connection, storm.acknowledged)
        verified = subprocess.run(
            [sys.executable, "-m", "haoyou", "verify-audit", "--home", str(home)],
            cwd=ROOT,
            env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
            check=False,
            capture_output=True,
        )
    return [
        exactly("kill.kills", len(restarts), "count", dose.kills),
        Figure("kill.kills_of_postgresql", dose.database_kills, "count"),
        Figure("kill.acknowledged", len(storm.acknowledged), "count", at_least=dose.kills),
        Figure("kill.retries", storm.retries, "count"),
        Figure("kill.answered_again", storm.replays, "count"),
        exactly("kill.refused", len(storm.refused), "count", 0),
        Figure("kill.errors_without_problem", storm.unexplained, "count"),
        exactly("kill.lost", found["lost"], "count", 0),
        exactly("kill.doubled", found["doubled"], "count", 0),
        exactly("kill.outbox_without_effect", found["told_more"], "count", 0),
        exactly("kill.effect_without_outbox", found["told_less"], "count", 0),
        exactly("kill.not_carried", left, "count", 0),
        exactly("kill.parked", found["parked"], "count", 0),
        exactly("kill.audit_faults", verified.returncode, "count", 0),
        exactly("kill.starts_by_hand", by_hand, "count", 0),
        exactly("kill.stops_by_force", unclean + (not stopped), "count", 0),
        Figure("kill.restart_p50", percentile(restarts, 50), "s"),
        Figure("kill.restart_max", max(restarts), "s"),
    ]


async def _storm(server: Server, dose: Dose, storm: Storm) -> tuple[list[float], int, int]:
    """Answers the seconds of each restart, how many needed a second try, and how many stops had to be forced."""
    chance = seeded(dose.seed)
    victims = ["database"] * dose.database_kills + ["server"] * (dose.kills - dose.database_kills)
    chance.shuffle(victims)
    async with aiohttp.ClientSession(timeout=REQUEST_TIMEOUT) as http:
        manager = server.sign_ins()["relationship_manager"]
        token = await client.sign_in(http, server.address, manager["login"], manager["password"])
        day = (await client.get(http, server.address, token, "identity/v1/me"))["business_date"]
        page = await client.get(http, server.address, token, "marketing/v1/opportunities?status=open&limit=100")
        opportunities = [one["id"] for one in page["items"]]
        assert opportunities, "the small bank has no opportunity to work on"
        workers = [
            asyncio.create_task(_work(http, server.address, token, storm, seeded(dose.seed + n), opportunities, day))
            for n in range(dose.workers)
        ]
        try:
            outcome = await _kill_on(server, victims, chance, dose.between, storm)
            await asyncio.sleep(1)
            storm.ending = True
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
    return outcome


async def _kill_on(
    server: Server, victims: Sequence[str], chance: Random, between: tuple[int, int], storm: Storm
) -> tuple[list[float], int, int]:
    restarts: list[float] = []
    by_hand = unclean = 0
    for number, victim in enumerate(victims, start=1):
        await _wait_for_acknowledgements(storm, chance.randint(*between))
        await asyncio.sleep(chance.uniform(0, KILLED_LATER_S))
        if victim == "database":
            server.kill_database()
            await asyncio.sleep(chance.uniform(0, 1))
            unclean += not await asyncio.to_thread(server.stop)
        else:
            await asyncio.to_thread(server.kill)
        began = time.monotonic()
        try:
            await asyncio.to_thread(server.start)
        except NoStart:
            by_hand += 1
            await asyncio.to_thread(server.start)
        restarts.append(time.monotonic() - began)
        if number % 10 == 0:
            print(f"# {number} of {len(victims)} kills", file=sys.stderr, flush=True)
    return restarts, by_hand, unclean


async def _wait_for_acknowledgements(storm: Storm, count: int) -> None:
    """A server that does not come to its senses is killed all the same."""
    enough = len(storm.acknowledged) + count
    deadline = time.monotonic() + WORK_S
    while len(storm.acknowledged) < enough and time.monotonic() < deadline:  # noqa: ASYNC110 - a look costs nothing
        await asyncio.sleep(0.01)


async def _work(
    http: aiohttp.ClientSession,
    address: str,
    token: str,
    storm: Storm,
    chance: Random,
    opportunities: Sequence[str],
    day: str,
) -> None:
    while not storm.ending:
        word = f"bench {uuid4()}"
        if chance.random() < CONTACT_SHARE:
            path = f"marketing/v1/opportunities/{chance.choice(opportunities)}/contacts"
            body = {"channel": "message", "outcome": "interested", "note": word, "next_on": day}
        else:
            path, body = "tasks/v1/tasks", {"title": word, "due_on": day}
        await _until_acknowledged(http, address, token, Act(word, path, body, str(uuid4())), storm)


async def _until_acknowledged(http: aiohttp.ClientSession, address: str, token: str, act: Act, storm: Storm) -> None:
    """Send the same act under the same key until it is answered; an answer that will not change is a refusal."""
    deadline = time.monotonic() + RETRY_UNTIL_S
    while time.monotonic() < deadline:
        with suppress(aiohttp.ClientError, TimeoutError, ConnectionError):
            sent = http.post(f"{address}/api/{act.path}", json=act.body, headers=client.headers(token, key=act.key))
            async with sent as answer:
                if answer.status in (200, 201):
                    await answer.read()
                    storm.acknowledged.append(act)
                    storm.replays += "Idempotent-Replay" in answer.headers
                    return
                words = await answer.text()
                storm.unexplained += answer.content_type != "application/problem+json"
                if answer.status < 500 and not any(code in words for code in PASSING):
                    storm.refused.append(f"{act.path}: {answer.status} {words}")
                    print(f"# refused: {storm.refused[-1]}", file=sys.stderr, flush=True)
                    return
        storm.retries += 1
        await asyncio.sleep(RETRY_S)
    storm.refused.append(f"{act.path}: never acknowledged")


def _wait_for_relay(server: Server) -> int:
    """How many messages are still not carried when the time is up."""
    deadline = time.monotonic() + CARRIED_S
    with administrator(server.home) as connection:
        while True:
            left = _count(
                connection, "select count(*) from kernel.outbox where delivered_at is null and parked_at is null"
            )
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.2)


def _count(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    assert row
    return row[0]


def examine(connection: psycopg.Connection, acknowledged: Sequence[Act]) -> dict[str, int]:
    """Hold what was acknowledged against what is in the rooms, and both against what the outbox told."""

    def counted(query: str) -> Counter[str]:
        return Counter(dict(connection.execute(query.encode()).fetchall()))

    tasks = counted("select title->>'zh', count(*) from tasks.task where title->>'zh' like 'bench %' group by 1")
    contacts = counted("select note, count(*) from marketing.contact where note like 'bench %' group by 1")
    known = counted("select note, count(*) from customers.contact where note like 'bench %' group by 1")
    told = counted(
        "select body->>'note', count(*) from kernel.outbox where message = 'customers.RecordContact' group by 1"
    ) + counted(
        "select t.title->>'zh', count(*) from kernel.outbox o join tasks.task t on o.key = 'tasks,task:' || t.id"
        " where o.message = 'kernel.Live' and t.title->>'zh' like 'bench %' group by 1"
    )
    effects = tasks + contacts
    places = [known, contacts]
    lost = sum(any(not place[act.word] for place in (places if act.is_contact else [tasks])) for act in acknowledged)
    doubled = sum(times - 1 for place in (tasks, contacts, known) for times in place.values())
    return {
        "lost": lost,
        "doubled": doubled,
        "told_more": (told - effects).total(),
        "told_less": (effects - told).total(),
        "parked": _count(connection, "select count(*) from kernel.outbox where parked_at is not null"),
    }
