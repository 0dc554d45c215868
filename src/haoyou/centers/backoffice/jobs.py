"""The import: a feed folder becomes facts, and the facts fill the rooms. Work on the outside, between committed states.

STARTED → (files are landed) → LANDED → (rooms are filled) → DONE. Killed anywhere, the next call goes on from the last
state; landing names its files by run, filling is repeatable, so nothing is lost or doubled.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from haoyou.centers.backoffice import contract, filling, rules, service
from haoyou.kernel.house import House
from haoyou.kernel.money import decimals_of
from haoyou.lake import landing
from haoyou.lake.feed import FeedError

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
    run, known_at = await service.begin_run(house.service_ctx("backoffice"), run=wanted)
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
        await service.record_landed(house.service_ctx("backoffice"), run=run, landed=landed, lake=lake)
    await filling.fill(house, run, contract.Stamp(run.source, run.bank_date, known_at, run.id, run.currency), lake, say)
    await service.finish_run(house.service_ctx("backoffice"), run=run)
    return Imported(run.id, run.bank_date, already_done=False)


def _say_nothing(_what: str, _rows: int) -> None:
    """For whoever does not watch."""


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
