"""Filling the rooms with the facts of one feed: identity first, then every sink, in batches of one short write each."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from haoyou.centers.backoffice import contract, fact_store, rules, service
from haoyou.centers.identity import contract as identity
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.house import House
from haoyou.lake.query import Lake

T = TypeVar("T")


async def fill(
    house: House, run: rules.Run, stamp: contract.Stamp, lake: Path, say: Callable[[str, int], None]
) -> None:
    """Repeatable: what the rooms hold already stays as it is."""
    snapshots = await service.list_snapshots(_ctx(house), until=run.bank_date)
    paths = {one.dataset: [lake / one.path] for one in snapshots if one.run_id == run.id}
    with Lake.open(paths) as facts:
        people = house.ports.open(identity.IdentityPort)
        await _in_batches(
            fact_store.list_institutions(facts), lambda rows: people.apply_institutions(_ctx(house), rows=rows)
        )
        await _in_batches(fact_store.list_staff(facts), lambda rows: people.apply_staff(_ctx(house), rows=rows))
        for sink in house.provided(contract.FactSink):
            fills: tuple[tuple[str, Iterator[Any], Callable[..., Awaitable[None]]], ...] = (
                ("customers", fact_store.list_customers(facts), sink.take_customers),
                ("relationships", fact_store.list_relationships(facts), sink.take_relationships),
                ("assignments", fact_store.list_assignments(facts), sink.take_assignments),
                ("accounts", fact_store.list_accounts(facts), sink.take_accounts),
                ("balances", fact_store.list_balances(facts), sink.take_balances),
            )
            for what, rows, take in fills:
                count = await _in_batches(rows, partial(_take, house, stamp, take))
                say(what, count)


def _ctx(house: House) -> Ctx:
    """Each batch is a use case of its own."""
    return house.service_ctx("backoffice")


async def _take(
    house: House, stamp: contract.Stamp, take: Callable[..., Awaitable[None]], batch: tuple[Any, ...]
) -> None:
    await take(_ctx(house), stamp=stamp, rows=batch)


async def _in_batches(rows: Iterable[T], take: Callable[[tuple[T, ...]], Awaitable[None]]) -> int:
    count = 0
    remaining = iter(rows)
    while batch := tuple(islice(remaining, contract.ROWS_MAX)):
        await take(batch)
        count += len(batch)
    return count
