"""Every SQL statement of backoffice."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, or_, select, tuple_, update

from haoyou.centers.backoffice import contract, rules, tables
from haoyou.kernel.ctx import Tx
from haoyou.kernel.errors import NotFound


def _run(row: Row[Any]) -> rules.Run:
    return rules.Run(row.id, row.source, row.bank_date, row.currency, row.version, rules.RunStatus(row.status))


async def list_of_day(tx: Tx, *, source: str, bank_date: date) -> list[rules.Run]:
    """All versions of a day, locked."""
    t = tables.import_run
    rows = await tx.all(
        select(t).where(t.c.source == source, t.c.bank_date == bank_date).order_by(t.c.version).with_for_update()
    )
    return [_run(row) for row in rows]


async def find_last_done(tx: Tx, *, source: str) -> rules.Run | None:
    t = tables.import_run
    done = select(t).where(t.c.source == source, t.c.status == rules.RunStatus.DONE)
    row = await tx.first(done.order_by(t.c.bank_date.desc()).limit(1))
    return _run(row) if row else None


async def add_run(tx: Tx, run: rules.Run, *, known_at: datetime) -> None:
    values = {
        "id": run.id,
        "source": run.source,
        "bank_date": run.bank_date,
        "currency": run.currency,
        "version": run.version,
        "status": run.status,
        "report": [],
        "known_at": known_at,
    }
    await tx.run(tables.import_run.insert(), values)


async def replace_run(tx: Tx, run: rules.Run, *, instead_of: str, known_at: datetime) -> None:
    """Another feed takes the place of one that never landed."""
    t = tables.import_run
    values = {"id": run.id, "currency": run.currency, "version": run.version, "known_at": known_at}
    await tx.run(update(t).where(t.c.id == instead_of, t.c.status == rules.RunStatus.STARTED).values(values))


async def get_known_at(tx: Tx, *, run_id: str) -> datetime:
    return await tx.value(select(tables.import_run.c.known_at).where(tables.import_run.c.id == run_id))


async def set_status(tx: Tx, *, run_id: str, status: rules.RunStatus, **values: object) -> None:
    t = tables.import_run
    await tx.run(update(t).where(t.c.id == run_id).values(status=status, **values))


async def add_snapshots(tx: Tx, snapshots: Sequence[contract.Snapshot]) -> None:
    values = [
        {
            "run_id": one.run_id,
            "dataset": one.dataset,
            "bank_date": one.bank_date,
            "path": one.path,
            "sha256": one.sha256,
            "rows": one.rows,
        }
        for one in snapshots
    ]
    if values:
        await tx.run(tables.snapshot.insert(), values)


async def supersede_facts(tx: Tx, *, by: rules.Run, datasets: Sequence[str]) -> None:
    """From now on the facts of this version alone are those of its day."""
    s, r = tables.snapshot, tables.import_run
    older = select(r.c.id).where(
        r.c.source == by.source, r.c.bank_date == by.bank_date, r.c.version < by.version, r.c.id != by.id
    )
    await tx.run(
        update(s)
        .where(s.c.run_id.in_(older), s.c.dataset.in_(datasets), s.c.superseded_by.is_(None))
        .values(superseded_by=by.id)
    )


def _snapshot(row: Row[Any]) -> contract.Snapshot:
    return contract.Snapshot(row.dataset, row.bank_date, row.run_id, row.path, row.sha256, row.rows)


def _snapshots() -> Select[Any]:
    t = tables.snapshot
    return select(t).order_by(t.c.bank_date, t.c.run_id, t.c.dataset)


async def list_snapshots(tx: Tx, *, until: date) -> list[contract.Snapshot]:
    t = tables.snapshot
    rows = await tx.all(_snapshots().where(t.c.bank_date <= until, t.c.superseded_by.is_(None)))
    return [_snapshot(row) for row in rows]


async def list_superseded(tx: Tx, *, run_id: str) -> list[contract.Snapshot]:
    """The files whose place this run has taken."""
    return [_snapshot(row) for row in await tx.all(_snapshots().where(tables.snapshot.c.superseded_by == run_id))]


async def list_snapshots_known(tx: Tx, *, until: date, at: datetime) -> list[contract.Snapshot]:
    t, by, since = tables.snapshot, tables.import_run.alias("by"), tables.import_run.alias("since")
    counted = or_(t.c.superseded_by.is_(None), by.c.known_at > at)
    rows = await tx.all(
        _snapshots()
        .select_from(t.join(since, since.c.id == t.c.run_id).outerjoin(by, by.c.id == t.c.superseded_by))
        .where(t.c.bank_date <= until, since.c.known_at <= at, counted)
    )
    return [_snapshot(row) for row in rows]


async def list_files(tx: Tx, *, dataset: str) -> list[tuple[contract.Snapshot, str | None]]:
    """All files of a dataset that have rows, each with the run that took its place, if one did."""
    t = tables.snapshot
    rows = await tx.all(_snapshots().where(t.c.dataset == dataset, t.c.rows > 0))
    return [(_snapshot(row), row.superseded_by) for row in rows]


async def get_run(tx: Tx, *, run_id: str) -> Row[Any]:
    row = await tx.first(select(tables.import_run).where(tables.import_run.c.id == run_id))
    if row is None:
        raise NotFound()
    return row


async def list_runs(tx: Tx, *, before: tuple[date, str] | None, limit: int) -> Sequence[Row[Any]]:
    """The newest day first, and within a day the version known last."""
    t = tables.import_run
    query = select(t).order_by(t.c.bank_date.desc(), t.c.id.desc()).limit(limit)
    return await tx.all(query.where(tuple_(t.c.bank_date, t.c.id) < before) if before else query)
