"""The import: a feed folder becomes facts, and the facts fill the rooms. Work on the outside, between committed states.

STARTED → (files are landed) → LANDED → (rooms are filled) → DONE. Killed anywhere, the next call goes on from the last
state; landing names its files by run, filling is repeatable, so nothing is lost or doubled.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from haoyou.centers.backoffice import contract, fact_store, rules, service
from haoyou.centers.identity import contract as identity
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.house import House
from haoyou.kernel.money import decimals_of
from haoyou.lake import landing
from haoyou.lake.feed import FeedError
from haoyou.lake.query import Lake

T = TypeVar("T")
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Imported:
    run_id: str
    bank_date: date
    already_done: bool


async def import_feed(house: House, folder: Path, *, progress: Progress | None = None) -> Imported:
    """Take one feed folder. The same folder again changes nothing."""
    lake = house.settings.home / "lake"
    say = progress or _say_nothing
    manifest = _read_manifest(folder)
    wanted = rules.Run(
        id=f"{manifest['bank_date']}-{manifest['sha256'][:12]}",
        source=manifest["source"],
        bank_date=date.fromisoformat(manifest["bank_date"]),
        currency=manifest["currency"],
        status=rules.RunStatus.STARTED,
    )
    run, known_at = await service.begin_run(_ctx(house), run=wanted)
    if run.status is rules.RunStatus.DONE:
        return Imported(run.id, run.bank_date, already_done=True)
    if run.status is rules.RunStatus.STARTED:
        try:
            landed = await asyncio.to_thread(
                landing.land,
                feed=folder,
                lake=lake,
                run_id=run.id,
                known_at=known_at,
                errors=house.settings.home / "objects" / "import-errors" / run.id,
                decimals=decimals_of(run.currency),
                progress=progress,
            )
        except FeedError as error:
            raise rules.FeedRefused(error.detail, reason=error.code) from error
        await service.record_landed(_ctx(house), run=run, landed=landed, lake=lake)
    await _fill(house, run, contract.Stamp(run.source, run.bank_date, known_at, run.id, run.currency), lake, say)
    await service.finish_run(_ctx(house), run=run)
    return Imported(run.id, run.bank_date, already_done=False)


def _say_nothing(_what: str, _rows: int) -> None:
    """For whoever does not watch."""


def _ctx(house: House) -> Ctx:
    """Each step is a use case of its own."""
    return house.service_ctx("backoffice")


def _read_manifest(folder: Path) -> dict[str, Any]:
    """Enough of the manifest to know whose day this is; landing checks all of it."""
    try:
        raw = (folder / "manifest.json").read_bytes()
        manifest = json.loads(raw)
        date.fromisoformat(manifest["bank_date"])
        return {**manifest, "source": str(manifest["source"]), "currency": str(manifest["currency"])} | {
            "sha256": hashlib.sha256(raw).hexdigest()
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise rules.FeedRefused(f"{folder.name} has no readable manifest.json; ask the sender for it again.") from error


async def _fill(house: House, run: rules.Run, stamp: contract.Stamp, lake: Path, say: Progress) -> None:
    """Identity first, then each sink in the order they ask for."""
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
                ("assignments", fact_store.list_assignments(facts), sink.take_assignments),
                ("accounts", fact_store.list_accounts(facts), sink.take_accounts),
                ("balances", fact_store.list_balances(facts), sink.take_balances),
            )
            for what, rows, take in fills:
                count = await _in_batches(rows, partial(_take, house, stamp, take))
                say(what, count)


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
