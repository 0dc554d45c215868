"""Filling the rooms with the facts of one feed: identity first, then every sink, in batches of one short write each.

While a room writes a batch, the next one is read. Two writes at once would be quicker still, but two batches may touch
one customer, and each would add up that customer's totals without the other's rows.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from haoyou.centers.backoffice import contract, fact_store, rules, service
from haoyou.centers.identity import contract as identity
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.house import House
from haoyou.lake import door
from haoyou.lake.query import Lake

T = TypeVar("T")
Say = Callable[[str, int, int], None]
"""The dataset, its rows so far, and the hundredths of all rows that the rooms have been given."""

STEPS = 100
TERMS = (door.DEPOSITS.name, door.LOANS.name, door.CARDS.name)


async def fill(house: House, run: rules.Run, stamp: contract.Stamp, lake: Path, say: Say) -> None:
    """Repeatable: what the rooms hold already stays as it is, and what a later day has said stands."""
    snapshots = await service.list_snapshots(_ctx(house), until=date.max)
    rows = {one.dataset: one.rows for one in snapshots if one.run_id == run.id}
    with Lake.open(_paths(lake, _speaking(snapshots, run)), run_id=run.id, whole=(door.PRODUCTS.name,)) as facts:
        people = house.ports.open(identity.IdentityPort)
        await _in_batches(
            fact_store.list_institutions(facts), lambda rows: people.apply_institutions(_ctx(house), rows=rows)
        )
        await _in_batches(fact_store.list_staff(facts), lambda rows: people.apply_staff(_ctx(house), rows=rows))
        done, total = 0, sum(rows.get(what, 0) for what in FILLED) * max(len(house.provided(contract.FactSink)), 1)
        for sink in house.provided(contract.FactSink):
            fills: tuple[tuple[str, Iterator[Any], Callable[..., Awaitable[None]]], ...] = (
                ("customers", fact_store.list_customers(facts), sink.take_customers),
                ("relationships", fact_store.list_relationships(facts), sink.take_relationships),
                ("assignments", fact_store.list_assignments(facts), sink.take_assignments),
                ("accounts", fact_store.list_accounts(facts), sink.take_accounts),
                ("terms", fact_store.list_terms(facts), sink.take_terms),
                ("balances", fact_store.list_balances(facts), sink.take_balances),
            )
            for what, facts_of, take in fills:
                step = partial(_say_step, say, what, done, total, rows.get(what, 0))
                await _in_batches(facts_of, partial(_take, house, stamp, take), step)
                count = sum(rows.get(name, 0) for name in TERMS) if what == "terms" else rows.get(what, 0)
                done += count
                if count:
                    say(what, count, _percent(done, total))
    await _correct(house, run, stamp, lake, snapshots)


FILLED = ("customers", "relationships", "assignments", "accounts", *TERMS, "balances")


def _speaking(snapshots: Sequence[contract.Snapshot], run: rules.Run) -> list[contract.Snapshot]:
    """The files of this run and, as its day may come late, what was said of the same things for later days.

    Products are sent once and named by accounts for years: all that was said of them speaks.
    """
    return [
        one
        for one in snapshots
        if one.run_id == run.id
        or (one.bank_date > run.bank_date and door.BY_NAME[one.dataset].reference)
        or one.dataset == door.PRODUCTS.name
    ]


def _paths(lake: Path, snapshots: Sequence[contract.Snapshot]) -> dict[str, list[Path]]:
    paths: dict[str, list[Path]] = defaultdict(list)
    for one in snapshots:
        paths[one.dataset].append(lake / one.path)
    return paths


async def _correct(
    house: House, run: rules.Run, stamp: contract.Stamp, lake: Path, snapshots: Sequence[contract.Snapshot]
) -> None:
    """Give the rooms the balances of every account that the replaced version of this day spoke of."""
    replaced = [
        one for one in await service.list_superseded(_ctx(house), run_id=run.id) if one.dataset == door.BALANCES.name
    ]
    if not replaced:
        return
    until = [one for one in snapshots if one.dataset == door.BALANCES.name and one.bank_date <= run.bank_date]
    with Lake.open(_paths(lake, until)) as standing, Lake.open(_paths(lake, replaced)) as before:
        for sink in house.provided(contract.FactSink):
            corrected = fact_store.list_corrected_balances(standing, before, bank_date=run.bank_date)
            await _in_batches(corrected, partial(_take, house, stamp, sink.take_balances))


def _ctx(house: House) -> Ctx:
    """Each batch is a use case of its own."""
    return house.service_ctx("backoffice")


async def _take(
    house: House, stamp: contract.Stamp, take: Callable[..., Awaitable[None]], batch: tuple[Any, ...]
) -> None:
    await take(_ctx(house), stamp=stamp, rows=batch)


def _say_nothing(_rows: int) -> None:
    """For whoever does not watch."""


def _say_step(say: Say, what: str, done: int, total: int, expected: int, rows: int) -> None:
    """Tell of a batch when it brings us to another hundredth; of the last one its dataset tells."""
    if rows < expected and _percent(done + rows, total) != _percent(done + rows - contract.ROWS_MAX, total):
        say(what, rows, _percent(done + rows, total))


def _percent(done: int, total: int) -> int:
    return STEPS if done >= total else STEPS * done // total


async def _in_batches(
    rows: Iterable[T],
    take: Callable[[tuple[T, ...]], Awaitable[None]],
    say: Callable[[int], None] = _say_nothing,
) -> None:
    count = 0
    remaining = iter(rows)
    batch = await asyncio.to_thread(_next_batch, remaining)
    while batch:
        following = asyncio.create_task(asyncio.to_thread(_next_batch, remaining))
        try:
            await take(batch)
        finally:
            batch, taken = await following, len(batch)
        count += taken
        say(count)


def _next_batch(remaining: Iterator[T]) -> tuple[T, ...]:
    return tuple(islice(remaining, contract.ROWS_MAX))
