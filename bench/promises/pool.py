"""A pooled connection carries nothing from one user to the next: 0 foreign rows, no context means 0 rows.

A pool of one connection, two relationship managers of different branches, strictly in turn; the row-level policies
alone decide, the statement has no condition. Some transactions end in an error, some are cancelled half-way, and
between them somebody without any scope looks.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from sqlalchemy import Row, text

from bench.figure import Figure, exactly
from bench.ground import add_customers, open_house, open_test_ground
from haoyou.centers.identity import session
from haoyou.centers.identity.tests import factories
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.house import House
from haoyou.kernel.principal import NOBODY, Principal

MANAGERS = ("RM-O11", "RM-O21")
EVERYTHING = text("select customer_no, manager_id from customers.listing")
ENDS_BADLY_EVERY, IS_CANCELLED_EVERY, NOBODY_LOOKS_EVERY = 7, 11, 5


@dataclass(frozen=True, slots=True)
class Dose:
    alternations: int
    customers_each: int


FULL = Dose(alternations=5_000, customers_each=50)
SMALL = Dose(alternations=600, customers_each=20)


@dataclass
class Seen:
    turns: int = 0
    foreign: int = 0
    missing: int = 0
    without_scope: int = 0


class HalfWay(Exception):
    """How a use case ends that fails after it has read."""


def measure(dose: Dose) -> list[Figure]:
    return asyncio.run(_measure(dose))


async def _measure(dose: Dose) -> list[Figure]:
    with open_test_ground() as ground:
        async with open_house(ground, pool_size=1) as house:
            people = await two_managers(house, dose.customers_each)
            began = perf_counter()
            seen = await alternate(house, people, dose)
            seconds = perf_counter() - began
    return [
        exactly("pool.alternations", seen.turns, "count", dose.alternations),
        exactly("pool.foreign_rows", seen.foreign, "rows", 0),
        exactly("pool.own_rows_missing", seen.missing, "rows", 0),
        exactly("pool.rows_without_scope", seen.without_scope, "rows", 0),
        Figure("pool.turn_mean", seconds * 1000 / seen.turns, "ms"),
    ]


async def two_managers(house: House, customers_each: int) -> list[Principal]:
    await factories.make_bank(house)
    await add_customers(house, dict.fromkeys(MANAGERS, customers_each))
    people: list[Principal] = []
    for code in MANAGERS:
        token = await factories.open_session(house, code=code)
        signed_on = await session.resolve(house.service_ctx("identity"), token=token)
        assert signed_on.principal
        people.append(signed_on.principal)
    return people


async def alternate(house: House, people: Sequence[Principal], dose: Dose) -> Seen:
    """Let them look in turn, `dose.alternations` times in all."""
    seen = Seen()
    for turn in range(dose.alternations):
        person = people[turn % len(people)]
        rows = await _look(house, person, turn)
        seen.turns += 1
        seen.foreign += sum(row.manager_id != person.id for row in rows)
        seen.missing += dose.customers_each - sum(row.manager_id == person.id for row in rows)
        if turn % NOBODY_LOOKS_EVERY == 0:
            seen.without_scope += len(await _read(house.ctx("customers", NOBODY)))
    return seen


async def _look(house: House, person: Principal, turn: int) -> Sequence[Row[Any]]:
    """What this person sees; before it, some of the time, a look of the same person that ends badly."""
    if turn % ENDS_BADLY_EVERY == 0:
        await _fail(house.ctx("customers", person))
    if turn % IS_CANCELLED_EVERY == 0:
        await _cancel(house.ctx("customers", person))
    return await _read(house.ctx("customers", person))


async def _read(ctx: Ctx) -> Sequence[Row[Any]]:
    async with ctx.read() as tx:
        return await tx.all(EVERYTHING)


async def _fail(ctx: Ctx) -> None:
    with suppress(HalfWay):
        async with ctx.write() as tx:
            await tx.all(EVERYTHING)
            raise HalfWay


async def _cancel(ctx: Ctx) -> None:
    async def linger() -> None:
        async with ctx.read() as tx:
            await tx.all(text("select pg_sleep(1)"))

    task = asyncio.create_task(linger())
    await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
