"""A merge taken back leaves nothing behind, whatever happened meanwhile; killed at any moment it is done or not begun.

Random histories (facts, contacts, changes of hands, documents, stamps, merges and partings) are lived by two or three
customers and by twins to whom the same happens, but who are never merged. After the last parting every row and every
page of the ones must be that of the others. Then a process that merges and parts without end is killed with kill -9 at
random moments; after every kill what lists say must be what the holdings say, and when all is taken back by the next
run, every row must be what it was at first.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

import httpx
import psycopg
from psycopg import sql

from bench.chance import seeded
from bench.figure import Figure, exactly, percentile
from bench.ground import Ground, add_customers, open_test_ground
from bench.house import ROOT
from haoyou.app import build_app
from haoyou.centers.backoffice.contract import AccountFact, BalanceFact, FactSink, Stamp
from haoyou.centers.customers.tests.twins import History, branches_of
from haoyou.centers.identity.tests import factories
from haoyou.gateway.app import COOKIE
from haoyou.kernel.clock import Clock, system_now
from haoyou.kernel.db.engine import open_engine
from haoyou.kernel.house import House
from haoyou.kernel.settings import Settings
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.clock import SetClock

MANAGERS = ("RM-O11", "RM-O12", "RM-O21")
POOL_SIZE = 12
ENOUGH = 1_000_000
FIRST_WORD_S = 30.0
UNDO_S = 600.0
DERIVED = ("listing", "token", "holding", "position_day", "assignment")
"""What must be as before when all is taken back."""
_WRONG: Mapping[str, LiteralString] = {
    # A number is either in the list or merged into another.
    "listed": "select count(*) from customers.customer c where (select count(*) from customers.listing l"
    " where l.customer_no = c.no) + (select count(*) from customers.merge m where m.loser_no = c.no"
    " and m.undone_at is null) <> 1",
    "sums": "select count(*) from customers.listing l where l.aum_minor <> (select coalesce(sum(h.balance_minor), 0)"
    " from customers.holding h where h.customer_no = l.customer_no or h.customer_no in"
    " (select m.customer_no from customers.member m where m.survivor_no = l.customer_no))",
    "members": "select count(*) from customers.listing l where l.members <>"
    " greatest(1, (select count(*) from customers.member m where m.survivor_no = l.customer_no))",
    "places": "select count(*) from customers.member m join customers.customer s on s.no = m.survivor_no"
    " join customers.customer c on c.no = m.customer_no join customers.holding h on h.customer_no = c.no"
    " where (c.institution_id, c.manager_id, h.institution_id, h.manager_id) is distinct from"
    "   (s.institution_id, s.manager_id, s.institution_id, s.manager_id)",
}


@dataclass(frozen=True, slots=True)
class Dose:
    """`later_s`: how long a process merges before it is killed, at most."""

    histories: int
    steps: int
    kills: int
    customers_each: int
    later_s: float
    seed: int


FULL = Dose(histories=2_000, steps=14, kills=30, customers_each=40, later_s=1.0, seed=20261122)
SMALL = Dose(histories=10, steps=10, kills=3, customers_each=6, later_s=0.3, seed=20261122)


def measure(dose: Dose) -> list[Figure]:
    with open_test_ground() as ground:
        lived = asyncio.run(_live(ground, dose))
    with open_test_ground() as ground:
        stormed = _storm(ground, dose)
    return [*lived, *stormed]


def _house(ground: Ground, clock: Clock = system_now) -> House:
    settings = Settings(
        home=ground.server.home / "house", rate_per_second=ENOUGH, customers_per_manager_max=ENOUGH,
        web_dist=ground.server.home / "none",
    )  # fmt: skip
    engine = open_engine(ground.database.app_url, pool_size=POOL_SIZE)
    return House(settings=settings, keyring=ground.server.keyring, engine=engine, rooms=ground.rooms, clock=clock)


async def _live(ground: Ground, dose: Dose) -> list[Figure]:
    house = _house(ground, SetClock())  # what twins do, they do at the same moment
    merges, differing, took = 0, 0, list[float]()
    async with house.running():
        bank = await factories.make_bank(house)

        async def sign_on(code: str) -> dict[str, str]:
            return {COOKIE: await factories.open_session(house, code=code)}

        transport = httpx.ASGITransport(app=build_app(house, run_loops=False), client=("127.0.0.1", 50_000))
        browser = Client(transport, sign_on)
        office, branches = browser.as_staff("HO"), branches_of(browser)
        day = factories.BANK_DATE
        for number in range(dose.histories):
            began = time.monotonic()
            codes = tuple(f"A{number:05}{one}" for one in range(2 + number % 2))
            history = History(house, office, branches, bank, seeded(dose.seed + number), codes, day=day)
            await history.begin()
            for _ in range(dose.steps):
                await history.step()
            await history.part_all()
            if different := await history.differences():
                differing += 1
                print(f"# history {number}: {different} after {history.done}", file=sys.stderr, flush=True)
            merges += len(history.made)
            day = history.day
            took.append(time.monotonic() - began)
        await browser.aclose()
    await house.engine.dispose()
    return [
        exactly("merge.histories", len(took), "count", dose.histories),
        Figure("merge.merges", merges, "count", at_least=dose.histories),
        exactly("merge.differing", differing, "count", 0),
        Figure("merge.history_p50", percentile(took, 50), "s"),
    ]


def _storm(ground: Ground, dose: Dose) -> list[Figure]:
    chance = seeded(dose.seed)
    asyncio.run(_fill(ground, dose))
    acts, wrong = 0, 0
    with psycopg.connect(ground.database.admin_url, autocommit=True) as connection:
        before = _read(connection)
        for number in range(dose.kills):
            acts += _merge_until_killed(ground, dose.seed + number, chance.uniform(0, dose.later_s))
            wrong += sum(_find_wrong(connection).values())
        undone = _run(ground, 0, "undo")
        left = undone.communicate(timeout=UNDO_S)[0]
        assert undone.returncode == 0, left
        differing = sum(before[table] != now for table, now in _read(connection).items())
    return [
        exactly("merge.kills", dose.kills, "count", dose.kills),
        Figure("merge.acts_between_kills", acts, "count"),
        exactly("merge.rows_wrong_after_a_kill", wrong, "count", 0),
        exactly("merge.tables_differing_when_taken_back", differing, "count", 0),
    ]


async def _fill(ground: Ground, dose: Dose) -> None:
    """Customers with accounts of different sizes; nobody's history."""
    house = _house(ground)
    await factories.make_bank(house)
    await add_customers(house, dict.fromkeys(MANAGERS, dose.customers_each))
    stamp = Stamp("bench", factories.BANK_DATE, system_now(), "bench", factories.CURRENCY)
    codes = [f"{manager}-{number:04}" for manager in MANAGERS for number in range(dose.customers_each)]
    accounts = tuple(
        AccountFact(f"A-{code}", code, "demand", factories.CURRENCY, "current", None, stamp.bank_date, None)
        for code in codes
    )
    balances = tuple(BalanceFact(f"A-{code}", stamp.bank_date, 100 + 7 * at) for at, code in enumerate(codes))
    for sink in house.provided(FactSink):
        await sink.take_accounts(house.service_ctx("backoffice"), stamp=stamp, rows=accounts)
        await sink.take_balances(house.service_ctx("backoffice"), stamp=stamp, rows=balances)
    await house.engine.dispose()


def _run(ground: Ground, seed: int, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.merging", ground.database.app_url, str(ground.server.home), str(seed)]
    return subprocess.Popen(
        [*command, *words], cwd=ROOT, env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def _merge_until_killed(ground: Ground, seed: int, later_s: float) -> int:
    """Let a process merge, kill it so long after its first act; answers how many acts it had said were done."""
    process = _run(ground, seed)
    assert process.stdout
    first = process.stdout.readline()
    time.sleep(later_s)
    process.kill()
    rest = process.communicate(timeout=FIRST_WORD_S)[0]
    said = [first, *rest.splitlines(keepends=True)]
    assert all(line == "done\n" for line in said if line.endswith("\n")), "".join(said)
    return len(said)


def _find_wrong(connection: psycopg.Connection) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for name, words in _WRONG.items():
        row = connection.execute(words).fetchone()
        assert row
        found[name] = row[0]
    if any(found.values()):
        print(f"# after a kill: {found}", file=sys.stderr, flush=True)
    return found


def _read(connection: psycopg.Connection) -> dict[str, list[str]]:
    """All rows of what is derived, in the order of their own words."""
    read: dict[str, list[str]] = {}
    for table in DERIVED:
        words = sql.SQL("select to_jsonb(t) from customers.{} t").format(sql.Identifier(table))
        rows = connection.execute(words).fetchall()
        read[table] = sorted(json.dumps(row[0], sort_keys=True) for row in rows)
    return read
