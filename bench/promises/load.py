"""A branch's day at 30 requests a second: how long each screen takes, and what it costs the server.

An open-loop generator in a process of its own sends at fixed times; latency counts from the time a request was due. Of
100 requests 40 are today, 25 the list, 15 a search, 15 a customer's page, 5 an own to-do, by a relationship manager, a
branch manager and the head office in turn, on several sessions. In the same run: `me`, the cheapest signed-in request,
as control, and the rooms' own SQL in the same scoped transactions without HTTP (`…_sql`), as control of the server's
share. Processor time is read from /proc: the server's process and its database backends.
"""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import aiohttp

from bench import client, direct
from bench.chance import seeded
from bench.figure import PERCENTILES, Figure, percentile
from bench.generator import Answered, Outcome, Planned, read_outcome, write_plan
from bench.house import ROOT, Server, make_small_bank, own_home
from bench.process import cpu_s, database_cpu_s
from haoyou.kernel.house import House
from haoyou.kernel.settings import Settings

MIX = {"today": 40, "list": 25, "search": 15, "customer": 15, "save": 5}
ROLES = ("relationship_manager", "branch_manager", "head_office")
SESSIONS_PER_ROLE = 3
ME_PER_REQUEST = 0.2  # of the control, beside the mix
DIRECT_PER_S = 4.0
P95_MS = 150.0  # of every screen, whoever looks: a person takes it for at once
GENERATOR_GRACE_S = 120.0


@dataclass(frozen=True, slots=True)
class Dose:
    """`lived`: weeks of a demonstration bank's life come before the first request, else a few days."""

    customers: tuple[int, ...]
    rate_per_s: float
    seconds: float
    quiet_s: float
    lived: bool
    seed: int


FULL = Dose(customers=(2_000, 20_000), rate_per_s=30, seconds=60, quiet_s=10, lived=True, seed=20261122)
SMALL = Dose(customers=(400,), rate_per_s=10, seconds=8, quiet_s=2, lived=False, seed=20261122)


@dataclass(frozen=True, slots=True)
class Person:
    """One role's sessions and what this person has to look at."""

    role: str
    tokens: tuple[str, ...]
    customers: tuple[str, ...]
    words: tuple[str, ...]
    day: str


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds of the server and of its database backends."""

    server_s: float
    database_s: float

    def since(self, before: "Cost") -> "Cost":
        return Cost(self.server_s - before.server_s, self.database_s - before.database_s)

    @property
    def total_s(self) -> float:
        return self.server_s + self.database_s


def measure(dose: Dose) -> list[Figure]:
    figures: list[Figure] = []
    for customers in dose.customers:
        with own_home() as home:
            if not dose.lived:
                make_small_bank(home, customers=customers, days=1)
            server = Server(home, bank="demo", customers=customers)
            server.start()
            try:
                figures += asyncio.run(_measure(server, dose, customers))
            finally:
                server.stop()
    return figures


async def _measure(server: Server, dose: Dose, customers: int) -> list[Figure]:
    chance = seeded(dose.seed)
    async with aiohttp.ClientSession(timeout=client.TIMEOUT) as http:
        people = [await _meet(http, server, role) for role in ROLES]
    async with direct.join_house(Settings(home=server.home)) as house:
        backends = await direct.list_backends(house)
        warm = _plan(server, people, chance, rate=dose.rate_per_s / 2, seconds=min(5.0, dose.seconds))
        await generate(server.home, warm)
        idle = await _cost_of_idling(server, backends, dose.quiet_s)
        alone, alone_cost = await _run(server, backends, _plan_me(server, people, dose.rate_per_s, dose.quiet_s))
        plan = _plan(server, people, chance, rate=dose.rate_per_s, seconds=dose.seconds)
        plan += _plan_me(server, people, dose.rate_per_s * ME_PER_REQUEST, dose.seconds)
        stop = asyncio.Event()
        sampling = asyncio.create_task(_sample_directly(house, people, stop))
        outcome, cost = await _run(server, backends, plan)
        stop.set()
        sampled = await sampling
    name = f"load.{customers}"
    return [
        *_latencies(name, outcome.answers, sampled),
        *_costs(name, outcome, cost, alone, alone_cost, idle),
    ]


async def _meet(http: aiohttp.ClientSession, server: Server, role: str) -> Person:
    who = server.sign_ins()[role]
    tokens = [
        await client.sign_in(http, server.address, who["login"], who["password"]) for _ in range(SESSIONS_PER_ROLE)
    ]
    me = await client.get(http, server.address, tokens[0], "identity/v1/me")
    page = await client.get(http, server.address, tokens[0], "customers/v1/customers?view=all&limit=100")
    cards = page["items"]
    assert cards, f"{role} sees no customer"
    words = [card["name"][:size] for card in cards if card["name"] for size in (1, 2)]
    words += [card["number"] for card in cards[:20]]
    return Person(role, tuple(tokens), tuple(card["id"] for card in cards), tuple(words), me["business_date"])


def _plan(server: Server, people: Sequence[Person], chance: Random, *, rate: float, seconds: float) -> list[Planned]:
    """The mix in random order, evenly in time."""
    count = int(rate * seconds)
    kinds = [kind for kind, share in MIX.items() for _ in range(share)]
    order = [kind for _ in range(count // len(kinds) + 1) for kind in chance.sample(kinds, len(kinds))]
    return [
        _request(server, people[number % len(people)], kind, number / rate, chance)
        for number, kind in enumerate(order[:count])
    ]


def _plan_me(server: Server, people: Sequence[Person], rate: float, seconds: float) -> list[Planned]:
    nothing = seeded(0)
    return [
        _request(server, people[number % len(people)], "me", number / rate, nothing)
        for number in range(int(rate * seconds))
    ]


def _request(server: Server, person: Person, kind: str, due_s: float, chance: Random) -> Planned:
    token = chance.choice(person.tokens)
    method, body, key = "GET", None, None
    match kind:
        case "me":
            path = "identity/v1/me"
        case "today":
            path = "tasks/v1/today"
        case "list":
            path = "customers/v1/customers?view=all&limit=30"
        case "search":
            path = f"customers/v1/search?q={chance.choice(person.words)}"
        case "customer":
            path = f"customers/v1/customers/{chance.choice(person.customers)}"
        case _:
            method, path, key = "POST", "tasks/v1/tasks", str(UUID(int=chance.getrandbits(128), version=4))
            body: dict[str, object] | None = {"title": f"bench {uuid4()}", "due_on": person.day}
    return Planned(
        due_s, kind, person.role, method, f"{server.address}/api/{path}", client.headers(token, key=key), body
    )


async def generate(home: Path, plan: Sequence[Planned]) -> Outcome:
    plan_file, outcome_file = home.with_name("plan.json"), home.with_name("outcome.json")
    write_plan(plan_file, sorted(plan, key=lambda one: one.due_s))
    command = [sys.executable, "-m", "bench.generator", str(plan_file), str(outcome_file)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"})
    try:
        async with asyncio.timeout(plan[-1].due_s + GENERATOR_GRACE_S):
            code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code:
        raise subprocess.CalledProcessError(code, command)
    return read_outcome(outcome_file)


def _cost(server: Server, backends: frozenset[int]) -> Cost:
    data = server.home / "pg"
    return Cost(cpu_s(server.pid), database_cpu_s(data, server.database_pid(), without=backends))


async def _cost_of_idling(server: Server, backends: frozenset[int], seconds: float) -> float:
    """Processor seconds a second while nobody asks anything."""
    before = _cost(server, backends)
    await asyncio.sleep(seconds)
    return _cost(server, backends).since(before).total_s / seconds


async def _run(server: Server, backends: frozenset[int], plan: Sequence[Planned]) -> tuple[Outcome, Cost]:
    before = _cost(server, backends)
    outcome = await generate(server.home, plan)
    return outcome, _cost(server, backends).since(before)


async def _sample_directly(house: House, people: Sequence[Person], stop: asyncio.Event) -> dict[str, list[float]]:
    """The SQL alone, a few times a second until told to stop: milliseconds of each screen."""
    subjects = [
        direct.Subject(await direct.find_principal(house, one.tokens[0]), one.words[0], UUID(one.customers[0]))
        for one in people
    ]
    sampled: dict[str, list[float]] = {kind: [] for kind in direct.SCREENS}
    turn = 0
    while not stop.is_set():
        kind = list(sampled)[turn % len(sampled)]
        sampled[kind].append(await direct.time_screen(house, kind, subjects[turn % len(subjects)]))
        turn += 1
        await asyncio.sleep(1 / DIRECT_PER_S)
    return sampled


def _latencies(name: str, answers: Sequence[Answered], sampled: dict[str, list[float]]) -> list[Figure]:
    by_kind = {kind: [one for one in answers if one.kind == kind] for kind in (*MIX, "me")}
    latency = {kind: [one.latency_ms for one in found] for kind, found in by_kind.items()}
    figures: list[Figure] = []
    for kind in MIX:
        figures += [
            Figure(
                f"{name}.{kind}.p{percent}",
                percentile(latency[kind], percent),
                "ms",
                control=percentile(latency["me"], percent),
                at_most=P95_MS if percent == 95 else None,
            )
            for percent in PERCENTILES
        ]
        if kind in sampled:
            half = percentile(latency[kind], 50)
            figures.append(Figure(f"{name}.{kind}.p50_sql", half, "ms", control=percentile(sampled[kind], 50)))
        statements = sum(one.statements for one in by_kind[kind]) / len(by_kind[kind])
        of_me = sum(one.statements for one in by_kind["me"]) / len(by_kind["me"])
        figures.append(Figure(f"{name}.{kind}.statements", statements, "count", control=of_me))
    for role in ROLES:
        mine = [one.latency_ms for one in answers if one.role == role and one.kind != "me"]
        figures.append(Figure(f"{name}.{role}.p95", percentile(mine, 95), "ms", at_most=P95_MS))
    return figures


def _costs(
    name: str, outcome: Outcome, cost: Cost, alone: Outcome, alone_cost: Cost, idle_per_s: float
) -> list[Figure]:
    """What a request costs, with what the house costs anyway taken off."""
    count = len(outcome.answers)
    mine = (cost.total_s - idle_per_s * outcome.seconds) * 1000 / count
    of_me = (alone_cost.total_s - idle_per_s * alone.seconds) * 1000 / len(alone.answers)
    failed = sum(one.status not in (200, 201) for one in outcome.answers)
    late = percentile([one.late_ms for one in outcome.answers], 99)
    return [
        Figure(f"{name}.requests", count, "count"),
        Figure(f"{name}.failed", failed, "count", at_most=0),
        Figure(f"{name}.cpu_of_request", mine, "ms", control=of_me),
        Figure(f"{name}.cpu_of_request_in_postgresql", cost.database_s * 1000 / count, "ms"),
        Figure(f"{name}.cpu_busy", cost.total_s / outcome.seconds, "cores"),
        Figure(f"{name}.cpu_idle", idle_per_s, "cores"),
        Figure(f"{name}.generator_cpu", outcome.cpu_s / outcome.seconds, "cores"),
        Figure(f"{name}.generator_late_p99", late, "ms"),
    ]
