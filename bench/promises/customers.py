"""A bank's customers: filling them, and what every list and search costs each post at 100 requests a second.

One feed folder of a made-up bank (bench/crowd.py) is landed and fills an empty house through the real import; counted
are every dataset's time and the importing process's memory. Then an open-loop generator sends at fixed times, latency
counted from the time a request was due: the list in its orders, filters and later pages, search from one character to a
telephone's end, a customer's page, by a relationship manager, a branch manager and the head office in turn, on several
sessions. In the same run: `me`, the cheapest signed-in request, as control.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import quote

import aiohttp

from bench import client, crowd
from bench.chance import seeded
from bench.figure import PERCENTILES, Figure, percentile
from bench.generator import Answered, Planned
from bench.house import ROOT, Server, own_home
from bench.promises.load import ROLES, generate
from haoyou import bank as banks

MIX = {
    "list": 30,
    "sorted": 15,
    "filtered": 15,
    "next": 10,
    "search_1": 8,
    "search_2": 7,
    "search_tail": 5,
    "customer": 10,
}
SORTS = ("name", "recent", "maturity", "deposits", "loans")
FILTERS = (
    "tier=gold",
    "matures_days=30",
    "quiet_days=90",
    "unmanaged=true",
    "line=corporate",
    "with_opportunities=true",
)
SESSIONS_PER_ROLE = 6
ME_PER_REQUEST = 0.1
P95_MS = 300.0  # F-CUST-01 asks for a second, a search of a large bank for three tenths
FILL_AT_LEAST_PER_S = {"customers": 3_000.0, "accounts": 10_000.0, "balances": 10_000.0}


@dataclass(frozen=True, slots=True)
class Dose:
    customers: int
    rate_per_s: float
    seconds: float
    seed: int


FULL = Dose(customers=1_000_000, rate_per_s=100, seconds=60, seed=20261122)
SMALL = Dose(customers=2_000, rate_per_s=10, seconds=6, seed=20261122)


@dataclass(frozen=True, slots=True)
class Person:
    role: str
    tokens: tuple[str, ...]
    customers: tuple[str, ...]
    after: str | None


def measure(dose: Dose) -> list[Figure]:
    with own_home() as home:
        figures = _fill(home, dose)
        server = Server(home)
        server.start()
        try:
            figures += asyncio.run(_ask(server, dose))
        finally:
            server.stop()
    return figures


def _fill(home: Path, dose: Dose) -> list[Figure]:
    """In a process of its own, so that its memory is its own."""
    home.mkdir()
    folder = home / "inbox" / crowd.DAY.isoformat()
    crowd.write_feed(folder, customers=dose.customers, seed=dose.seed)
    banks.Bank(spec="demo", customers=dose.customers).write(home)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    began = time.monotonic()
    command = [sys.executable, "-m", "bench.fill", str(home), str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    seconds = time.monotonic() - began
    told = json.loads(done.stdout.splitlines()[-1])
    name = f"customers.{dose.customers}"
    figures = [
        Figure(f"{name}.fill_{what}", rows / took, "rows/s", at_least=FILL_AT_LEAST_PER_S.get(what))
        for what, (rows, took) in told["filled"].items()
    ]
    landed = sum(took for _, took in told["landed"].values())
    return [
        *figures,
        Figure(f"{name}.landing", landed, "s"),
        Figure(f"{name}.import", seconds, "s"),
        Figure(f"{name}.import_memory", told["peak_mb"], "MB"),
    ]


async def _ask(server: Server, dose: Dose) -> list[Figure]:
    chance = seeded(dose.seed)
    async with aiohttp.ClientSession(timeout=client.TIMEOUT) as http:
        people = [await _meet(http, server, role) for role in ROLES]
    warm = _plan(server, people, chance, rate=dose.rate_per_s / 2, seconds=min(5.0, dose.seconds))
    await generate(server.home, warm)
    outcome = await generate(server.home, _plan(server, people, chance, rate=dose.rate_per_s, seconds=dose.seconds))
    return _latencies(f"customers.{dose.customers}", outcome.answers)


async def _meet(http: aiohttp.ClientSession, server: Server, role: str) -> Person:
    who = server.sign_ins()[role]
    tokens = [
        await client.sign_in(http, server.address, who["login"], who["password"]) for _ in range(SESSIONS_PER_ROLE)
    ]
    page = await client.get(http, server.address, tokens[0], "customers/v1/customers?view=all&limit=100")
    assert page["items"], f"{role} sees no customer"
    return Person(role, tuple(tokens), tuple(card["id"] for card in page["items"]), page["next"])


def _plan(server: Server, people: Sequence[Person], chance: Random, *, rate: float, seconds: float) -> list[Planned]:
    """The mix in random order, evenly in time, and `me` beside it."""
    count = int(rate * seconds)
    kinds = chance.choices(list(MIX), weights=list(MIX.values()), k=count)
    plan = [_request(server, people[at % len(people)], kind, at / rate, chance) for at, kind in enumerate(kinds)]
    every = max(1, int(1 / ME_PER_REQUEST))
    return plan + [_request(server, people[at % len(people)], "me", at / rate, chance) for at in range(0, count, every)]


def _request(server: Server, person: Person, kind: str, due_s: float, chance: Random) -> Planned:
    listed = "customers/v1/customers?view=all&limit=30"
    match kind:
        case "me":
            path = "identity/v1/me"
        case "list":
            path = listed
        case "sorted":
            path = f"{listed}&sort={chance.choice(SORTS)}&order={chance.choice(('up', 'down'))}"
        case "filtered":
            path = f"{listed}&{chance.choice(FILTERS)}&sort={chance.choice(SORTS)}"
        case "next":
            path = f"{listed}&after={quote(person.after)}" if person.after else listed
        case "search_1":
            path = f"customers/v1/search?q={quote(chance.choice(crowd.SURNAMES + 'wlzc'))}"
        case "search_2":
            path = f"customers/v1/search?q={quote(chance.choice(crowd.SURNAMES) + chance.choice(crowd.GIVEN))}"
        case "search_tail":
            path = f"customers/v1/search?q={chance.randrange(10_000):04}"
        case _:
            path = f"customers/v1/customers/{chance.choice(person.customers)}"
    token = chance.choice(person.tokens)
    return Planned(due_s, kind, person.role, "GET", f"{server.address}/api/{path}", client.headers(token))


def _latencies(name: str, answers: Sequence[Answered]) -> list[Figure]:
    control = [one.latency_ms for one in answers if one.kind == "me"]
    figures = [
        Figure(f"{name}.requests", len(answers), "count"),
        Figure(f"{name}.failed", sum(one.status != 200 for one in answers), "count", at_most=0),
        Figure(f"{name}.generator_late_p99", percentile([one.late_ms for one in answers], 99), "ms"),
    ]
    for kind in MIX:
        figures += _percentiles(f"{name}.{kind}", [one for one in answers if one.kind == kind], control)
    for role in ROLES:
        mine = [one for one in answers if one.role == role and one.kind != "me"]
        figures += _percentiles(f"{name}.{role}", mine, control)
    return figures


def _percentiles(name: str, answers: Sequence[Answered], control: Sequence[float]) -> list[Figure]:
    if not answers:  # a small dose is too short for every kind
        return []
    return [
        Figure(
            f"{name}.p{percent}",
            percentile([one.latency_ms for one in answers], percent),
            "ms",
            control=percentile(control, percent),
            at_most=P95_MS if percent == 95 else None,
        )
        for percent in PERCENTILES
    ]
