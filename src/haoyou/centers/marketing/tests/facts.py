"""A hand-made lake: a feed folder of a few lines, landed as the import does it, and known to whoever asks."""

import csv
import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path

from haoyou.centers.backoffice.contract import BackofficePort, Snapshot
from haoyou.centers.identity.tests.factories import CURRENCY
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.house import House
from haoyou.lake import door
from haoyou.lake.landing import land

Lines = list[tuple[str, ...]]


def account(code: str, customer: str, *, kind: str = "demand", opened_on: date = date(2020, 1, 1)) -> tuple[str, ...]:
    return code, customer, kind, "O11", CURRENCY, opened_on.isoformat(), "", "", ""


def movement(code: str, account_code: str, on: date, direction: str, amount: str) -> tuple[str, ...]:
    return code, account_code, on.isoformat(), direction, amount, "transfer", "", ""


class Landed(BackofficePort):
    """The files that have landed so far, as backoffice would list them."""

    def __init__(self, *snapshots: Snapshot) -> None:
        self._snapshots = snapshots

    async def list_snapshots(self, ctx: Ctx, *, until: date) -> tuple[Snapshot, ...]:  # pyright: ignore[reportIncompatibleMethodOverride] - it knows its files
        assert ctx.principal.service
        return tuple(one for one in self._snapshots if one.bank_date <= until)


def land_facts(house: House, *, bank_date: date, accounts: Lines, transactions: Lines) -> None:
    """From now on these are the bank's facts up to `bank_date`; the business date stays where it is."""
    lake = house.settings.home / "lake"
    feed = house.settings.home / "feed" / bank_date.isoformat()
    feed.mkdir(parents=True)
    datasets = {"accounts": accounts, "transactions": transactions}
    entries = {name: _write(feed, door.BY_NAME[name], lines) for name, lines in datasets.items()}
    manifest = {"format": door.FORMAT, "source": "core", "bank_date": bank_date.isoformat(), "currency": CURRENCY}
    (feed / door.MANIFEST).write_text(json.dumps(manifest | {"datasets": entries}))
    known_at = datetime(2026, 12, 1, tzinfo=UTC)
    landed = land(feed=feed, lake=lake, run_id="run", known_at=known_at, errors=house.settings.home / "errors")
    assert [(one.accepted, one.rejected) for one in landed.datasets] == [(len(accounts), 0), (len(transactions), 0)]
    snapshots = [
        Snapshot(one.name, bank_date, "run", str(one.path.relative_to(lake)), one.sha256, one.accepted)
        for one in landed.datasets
    ]
    house.ports.register(BackofficePort, Landed(*snapshots))


def _write(feed: Path, dataset: door.Dataset, lines: Lines) -> dict[str, object]:
    path = feed / f"{dataset.name}.csv"
    with path.open("w", newline="") as file:
        header = [column.name for column in dataset.columns][: len(lines[0])]  # the last ones may be left out
        csv.writer(file).writerows([header, *lines])
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"file": path.name, "rows": len(lines), "sha256": digest}
