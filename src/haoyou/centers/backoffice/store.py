"""Every SQL statement of backoffice."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select, update

from haoyou.centers.backoffice import contract, rules, tables
from haoyou.kernel.ctx import Tx


def _run(row: Row[Any]) -> rules.Run:
    return rules.Run(row.id, row.source, row.bank_date, row.currency, rules.RunStatus(row.status))


async def find_run(tx: Tx, *, source: str, bank_date: date) -> rules.Run | None:
    t = tables.import_run
    row = await tx.first(select(t).where(t.c.source == source, t.c.bank_date == bank_date).with_for_update())
    return _run(row) if row else None


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
        "status": run.status,
        "report": [],
        "known_at": known_at,
    }
    await tx.run(tables.import_run.insert(), values)


async def replace_run(tx: Tx, run: rules.Run, *, instead_of: str, known_at: datetime) -> None:
    """Another feed takes the place of one that never landed."""
    t = tables.import_run
    values = {"id": run.id, "currency": run.currency, "known_at": known_at}
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
    await tx.run(tables.snapshot.insert(), values)


async def list_snapshots(tx: Tx, *, until: date) -> list[contract.Snapshot]:
    t = tables.snapshot
    rows = await tx.all(select(t).where(t.c.bank_date <= until).order_by(t.c.bank_date, t.c.run_id, t.c.dataset))
    return [contract.Snapshot(row.dataset, row.bank_date, row.run_id, row.path, row.sha256, row.rows) for row in rows]


async def list_runs(tx: Tx, *, before: date | None, limit: int) -> Sequence[Row[Any]]:
    t = tables.import_run
    query = select(t).order_by(t.c.bank_date.desc(), t.c.id).limit(limit)
    return await tx.all(query.where(t.c.bank_date < before) if before else query)
