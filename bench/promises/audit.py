"""Every tampering with a sealed audit row is found, by the chain or by the second sink; nothing sound is accused.

The tamperer is a database administrator. Eight ways: edit the words, the time, or the hash of a row; delete one;
insert one in between; swap two; cut the tail and move the seal back; rewrite everything from a row on with hashes and
seal recomputed. Not promised: rows appended whole at the end (they are like any other entry), and the seconds between
a seal and its root in the second sink.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from time import perf_counter
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from bench.chance import seeded
from bench.figure import Figure, exactly
from bench.ground import Ground, open_house, open_test_ground
from haoyou.kernel import tables
from haoyou.kernel.audit import GENESIS, link, verify
from haoyou.kernel.house import House
from haoyou.kernel.principal import Principal, Scope
from haoyou.rooms import migration_directories

SOUND_CHECKS = 20
VERIFIED_PER_S = 1_000_000 / 60  # a million rows in a minute
ROWS_AT_ONCE = 5  # rows of one transaction, so that a seal covers some rows and the sink has many roots


@dataclass(frozen=True, slots=True)
class Dose:
    tamperings: int
    rows: int
    rows_to_verify: int
    seed: int


FULL = Dose(tamperings=1_000, rows=80, rows_to_verify=100_000, seed=20261122)
SMALL = Dose(tamperings=64, rows=40, rows_to_verify=5_000, seed=20261122)

Connection = psycopg.Connection[Any]
Tamper = Callable[[Connection, Random, int], None]


def measure(dose: Dose) -> list[Figure]:
    return asyncio.run(_measure(dose))


async def _measure(dose: Dose) -> list[Figure]:
    with open_test_ground() as ground:
        async with open_house(ground, pool_size=4) as house:
            await _seal_rows(house, dose.rows)
            with psycopg.connect(ground.database.admin_url, autocommit=True) as connection:
                tried, found, accused = await tamper_with(house, connection, dose)
        speed = await _measure_speed(ground, dose)
    missed = [Figure(f"audit.missed.{name}", tried[name] - found[name], "count", at_most=0) for name in sorted(tried)]
    return [
        exactly("audit.tamperings", tried.total(), "count", dose.tamperings),
        exactly("audit.found", found.total(), "count", dose.tamperings),
        *missed,
        Figure("audit.sound_accused", accused, "count", at_most=0),
        *speed,
    ]


async def _seal_rows(house: House, rows: int) -> None:
    """Sealed in many steps: each seal leaves a root in the second sink."""
    person = Principal(id=7, name="someone", scope=Scope())
    for first in range(0, rows, ROWS_AT_ONCE):
        async with house.ctx("customers", person).write() as tx:
            for number in range(first, min(first + ROWS_AT_ONCE, rows)):
                tx.audit("customers_listed", ids=[number], reason="bench")
        await house.sealer.seal()


async def tamper_with(house: House, connection: Connection, dose: Dose) -> tuple[Counter[str], Counter[str], int]:
    """How often each way was tried and found, and how often a sound record was called unsound."""
    chance = seeded(dose.seed)
    connection.execute("create table public.honest_log as table kernel.audit_log")
    connection.execute("create table public.honest_seal as table kernel.audit_seal")
    tried, found = Counter[str](), Counter[str]()
    accused = 0
    ways = list(WAYS.items())
    for number in range(dose.tamperings):
        name, tamper = ways[number % len(ways)]
        tamper(connection, chance, dose.rows)
        tried[name] += 1
        found[name] += not (await verify(house.engine, house.sink)).sound
        _undo(connection)
        if number % max(1, dose.tamperings // SOUND_CHECKS) == 0:
            accused += not (await verify(house.engine, house.sink)).sound
    return tried, found, accused


def _undo(connection: Connection) -> None:
    with connection.transaction():
        connection.execute("truncate kernel.audit_log, kernel.audit_seal")
        connection.execute("insert into kernel.audit_log table public.honest_log")
        connection.execute("insert into kernel.audit_seal table public.honest_seal")


def _edit_words(connection: Connection, chance: Random, rows: int) -> None:
    connection.execute(
        "update kernel.audit_log set entry = jsonb_set(entry, '{ids}', '[\"0815\"]') where seq = %s",
        [chance.randint(1, rows)],
    )


def _edit_time(connection: Connection, chance: Random, rows: int) -> None:
    moved = timedelta(microseconds=chance.randint(1, 10**9))
    connection.execute("update kernel.audit_log set at = at + %s where seq = %s", [moved, chance.randint(1, rows)])


def _edit_hash(connection: Connection, chance: Random, rows: int) -> None:
    place = chance.randrange(32)
    connection.execute(
        "update kernel.audit_log set hash = set_byte(hash, %s, get_byte(hash, %s) # 1) where seq = %s",
        [place, place, chance.randint(1, rows)],
    )


def _delete(connection: Connection, chance: Random, rows: int) -> None:
    connection.execute("delete from kernel.audit_log where seq = %s", [chance.randint(1, rows)])


def _insert(connection: Connection, chance: Random, rows: int) -> None:
    """A copy of some row in another place; what follows moves up, the seal counts it."""
    after = chance.randint(1, rows - 1)
    with connection.transaction():
        connection.execute("update kernel.audit_log set seq = -seq - 1 where seq > %s", [after])
        connection.execute("update kernel.audit_log set seq = -seq where seq < 0")
        connection.execute(
            "insert into kernel.audit_log select %s, at, entry, hash from kernel.audit_log where seq = %s",
            [after + 1, chance.randint(1, after)],
        )
        connection.execute("update kernel.audit_seal set seq = seq + 1")


def _swap(connection: Connection, chance: Random, rows: int) -> None:
    one, other = chance.sample(range(1, rows + 1), 2)
    with connection.transaction():
        connection.execute("update kernel.audit_log set seq = -seq where seq in (%s, %s)", [one, other])
        connection.execute(
            "update kernel.audit_log set seq = case seq when %s then %s else %s end where seq < 0", [-one, other, one]
        )


def _cut_tail(connection: Connection, chance: Random, rows: int) -> None:
    last = rows - chance.randint(1, rows // 2)
    with connection.transaction():
        connection.execute("delete from kernel.audit_log where seq > %s", [last])
        connection.execute(
            "update kernel.audit_seal set (seq, hash) = (select seq, hash from kernel.audit_log where seq = %s)", [last]
        )


def _rewrite(connection: Connection, chance: Random, rows: int) -> None:
    """The perfect forger: one row changed, every hash and the seal made anew."""
    changed = chance.randint(1, rows)
    root = GENESIS
    with connection.transaction():
        log = connection.execute("select seq, at, entry from kernel.audit_log order by seq").fetchall()
        for seq, at, entry in log:
            words = {**entry, "who": "person:999"} if seq == changed else entry
            root = link(root, seq, at, words)
            connection.execute(
                "update kernel.audit_log set entry = %s, hash = %s where seq = %s", [Jsonb(words), root, seq]
            )
        connection.execute("update kernel.audit_seal set hash = %s", [root])


WAYS: dict[str, Tamper] = {
    "edit_words": _edit_words,
    "edit_time": _edit_time,
    "edit_hash": _edit_hash,
    "delete": _delete,
    "insert": _insert,
    "swap": _swap,
    "cut_tail": _cut_tail,
    "rewrite": _rewrite,
}


async def _measure_speed(ground: Ground, dose: Dose) -> list[Figure]:
    """Verifying many rows, beside hashing the same rows out of memory."""
    with ground.server.clone(
        ground.server.template_for([room.name for room in ground.rooms], migration_directories())
    ) as database:
        other = Ground(ground.server, database, ground.rooms)
        (ground.server.home / "house" / "audit" / "roots.jsonl").unlink()
        async with open_house(other, pool_size=2) as house:
            with psycopg.connect(database.admin_url, autocommit=True) as connection:
                connection.execute(
                    "insert into kernel.audit_pending (entry, at)"
                    " select jsonb_build_object('operation', 'customers.customers_listed', 'who', 'person:7', 'ids',"
                    " jsonb_build_array(n, n + 1, n + 2), 'count', 3, 'reason', '', 'request', md5(n::text)), now()"
                    " from generate_series(1, %s) n",
                    [dose.rows_to_verify],
                )
            began = perf_counter()
            while await house.sealer.seal():
                pass
            sealing = perf_counter() - began
            began = perf_counter()
            verdict = await verify(house.engine, house.sink)
            verifying = perf_counter() - began
            async with house.engine.connect() as rows:
                await rows.exec_driver_sql("set role haoyou_kernel")
                log = (await rows.execute(tables.audit_log.select().order_by(tables.audit_log.c.seq))).all()
    began = perf_counter()
    root = GENESIS
    for row in log:
        root = link(root, row.seq, row.at, row.entry)
    hashing = perf_counter() - began
    assert verdict.sound and verdict.rows == dose.rows_to_verify and root == bytes(log[-1].hash)
    return [
        Figure("audit.rows_verified", verdict.rows, "rows"),
        Figure("audit.seal", sealing, "s", control=hashing),
        Figure("audit.verify", verifying, "s", control=hashing),
        Figure("audit.verified_per_s", verdict.rows / verifying, "rows/s", at_least=VERIFIED_PER_S),
    ]
