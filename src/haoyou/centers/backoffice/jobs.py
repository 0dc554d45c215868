"""The import: a feed folder becomes facts, and the facts fill the rooms. Work on the outside, between committed states.

STARTED → (files are landed) → LANDED → (rooms are filled) → DONE. Killed anywhere, the next call goes on from the last
state; landing names its files by run, filling is repeatable, so nothing is lost or doubled.
"""

import asyncio
import hashlib
import json
import shutil
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from haoyou.centers.backoffice import contract, filling, rules, service
from haoyou.kernel.house import House
from haoyou.kernel.money import decimals_of
from haoyou.lake import door, landing
from haoyou.lake.feed import VERSION_MAX, FeedError
from haoyou.lake.mapping.spec import read_mapping
from haoyou.lake.mapping.stage import stage

Progress = Callable[[str, str, int, int], None]
"""The stage (`land`, `fill`), the dataset, its rows so far, and the hundredths of the whole stage."""


async def import_feed(house: House, folder: Path, *, progress: Progress | None = None) -> rules.Imported:
    """Take one feed folder. The same folder again changes nothing."""
    lake = house.settings.home / "lake"
    say = progress or _say_nothing
    wanted = _read_manifest(folder)
    run, known_at = await service.begin_run(house.service_ctx("backoffice"), run=wanted)
    if run.status is not rules.RunStatus.DONE:
        if run.status is rules.RunStatus.STARTED:
            landed = await _land(house, folder, run, known_at, say)
            await service.record_landed(house.service_ctx("backoffice"), run=run, landed=landed, lake=lake)
        stamp = contract.Stamp(run.source, run.bank_date, known_at, run.id, run.currency)
        await filling.fill(house, run, stamp, lake, lambda what, rows, percent: say("fill", what, rows, percent))
        await service.finish_run(house.service_ctx("backoffice"), run=run)
    kept = await service.get_run(house.service_ctx("backoffice"), run_id=run.id)
    already_done = run.status is rules.RunStatus.DONE
    return rules.Imported(
        run.id, run.source, run.bank_date, run.version, run.currency, already_done, tuple(kept.report)
    )


async def import_mapped(
    house: House, folder: Path, mapping: Path, *, version: int = 1, progress: Progress | None = None
) -> rules.Imported:
    """Take a bank's own folder by a mapping: staged as a folder of the door, it is then taken like any other."""
    say = progress or _say_nothing
    staging = house.settings.home / "staging" / "feed"
    try:
        mapped = read_mapping(mapping)
        await asyncio.to_thread(
            stage,
            folder,
            mapped,
            staging,
            decimals=decimals_of(mapped.currency),
            version=version,
            progress=lambda what, rows: say("map", what, rows, 0),
        )
    except FeedError as error:
        raise rules.FeedRefused(error.detail, reason=error.code) from error
    imported = await import_feed(house, staging, progress=progress)
    shutil.rmtree(staging)
    return imported


async def _land(house: House, folder: Path, run: rules.Run, known_at: datetime, say: Progress) -> landing.Landed:
    lake = house.settings.home / "lake"
    known: dict[str, list[Path]] = defaultdict(list)
    for one in await service.list_snapshots(house.service_ctx("backoffice"), until=date.max):
        if door.BY_NAME[one.dataset].reference and one.rows:
            known[one.dataset].append(lake / one.path)
    try:
        return await asyncio.to_thread(
            landing.land,
            feed=folder,
            lake=lake,
            run_id=run.id,
            known_at=known_at,
            errors=house.settings.home / "objects" / "import-errors" / run.id,
            known=known,
            decimals=decimals_of(run.currency),
            progress=lambda what, rows, percent: say("land", what, rows, percent),
        )
    except FeedError as error:
        raise rules.FeedRefused(error.detail, reason=error.code) from error


def _say_nothing(_stage: str, _what: str, _rows: int, _percent: int) -> None:
    """For whoever does not watch."""


def _read_manifest(folder: Path) -> rules.Run:
    """Enough of the manifest to know whose day this is; landing checks all of it."""
    try:
        raw = (folder / door.MANIFEST).read_bytes()
        manifest = json.loads(raw)
        bank_date = date.fromisoformat(manifest["bank_date"])
        return rules.Run(
            id=f"{bank_date}-{hashlib.sha256(raw).hexdigest()[:12]}",
            source=str(manifest["source"]),
            bank_date=bank_date,
            currency=str(manifest["currency"]),
            version=_version(manifest.get("version", 1)),
            status=rules.RunStatus.STARTED,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise rules.FeedRefused(f"{folder.name} has no readable manifest.json; ask the sender for it again.") from error


def _version(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= VERSION_MAX:
        raise ValueError(given)
    return given
