"""Use cases of backoffice: the committed states between which the import works outside any transaction."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from haoyou.centers.backoffice import contract, rules, source_store, store
from haoyou.centers.identity import contract as identity
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.errors import Forbidden
from haoyou.lake import door
from haoyou.lake.landing import Landed, LandedDataset

FACTS = tuple(one.name for one in door.DATASETS if not one.reference)


async def begin_run(ctx: Ctx, *, run: rules.Run) -> tuple[rules.Run, datetime]:
    """Note that a feed is being taken; a feed that was begun before goes on where it stood."""
    async with ctx.write() as tx:
        of_day = await store.list_of_day(tx, source=run.source, bank_date=run.bank_date)
        same = next((one for one in of_day if one.id == run.id), None)
        if same is None or same.status is not rules.RunStatus.DONE:
            rules.check_turn(wanted=run, of_day=of_day)
        if same is None:
            waiting = next((one for one in of_day if one.status is rules.RunStatus.STARTED), None)
            if waiting:
                await store.replace_run(tx, run, instead_of=waiting.id, known_at=ctx.now)
            else:
                await store.add_run(tx, run, known_at=ctx.now)
        return same or run, await store.get_known_at(tx, run_id=run.id)


async def record_landed(ctx: Ctx, *, run: rules.Run, landed: Landed, lake: Path) -> None:
    """From this commit on the landed files are the bank's facts of the day, instead of any version before."""
    snapshots = [
        contract.Snapshot(one.name, run.bank_date, run.id, str(one.path.relative_to(lake)), one.sha256, one.accepted)
        for one in landed.datasets
    ]
    async with ctx.write() as tx:
        await store.add_snapshots(tx, snapshots)
        await store.supersede_facts(tx, by=run, datasets=FACTS)
        await source_store.register(tx, code=run.source, at=ctx.now)
        report = [_report(one) for one in landed.datasets]
        await store.set_status(tx, run_id=run.id, status=rules.RunStatus.LANDED, report=report)
        tx.audit("facts_landed", ids=[run.id], rows=sum(one.rows for one in snapshots), version=run.version)


def _report(one: LandedDataset) -> dict[str, Any]:
    """What the run keeps of a dataset: counts and sums beside the bank's, never a row."""
    return {
        "dataset": one.name,
        "rows_in": one.rows_in,
        "bank_rows": one.bank_rows,
        "accepted": one.accepted,
        "rejected": one.rejected,
        "amount_total_minor": one.amount_total_minor,
        "bank_total_minor": one.bank_total_minor,
        "agrees": one.agrees,
        "errors": one.errors.name if one.errors else None,
        "reasons": [{"reason": reason, "rows": rows} for reason, rows in one.reasons],
        "orphans": [{"column": column, "rows": rows} for column, rows in one.orphans],
        "totals": [asdict(total) | {"by": dict(total.by), "agrees": total.agrees} for total in one.totals],
    }


async def finish_run(ctx: Ctx, *, run: rules.Run) -> None:
    """Every room is filled: the bank day may begin, unless a later one has."""
    async with ctx.write() as tx:
        last = await store.find_last_done(tx, source=run.source)
        await store.set_status(tx, run_id=run.id, status=rules.RunStatus.DONE, done_at=ctx.now)
        if last is None or last.bank_date < run.bank_date:
            tx.tell(identity.AdvanceBusinessDate(business_date=run.bank_date, currency=run.currency))
        tx.refresh([], "imports")
        tx.audit("import_done", ids=[run.id])


def _rooms_only(ctx: Ctx) -> None:
    if not ctx.principal.service:
        raise Forbidden("Facts carry no data scope; only rooms read them.")


async def list_snapshots(ctx: Ctx, *, until: date) -> tuple[contract.Snapshot, ...]:
    _rooms_only(ctx)
    async with ctx.read() as tx:
        return tuple(await store.list_snapshots(tx, until=until))


async def list_snapshots_known(ctx: Ctx, *, until: date, at: datetime) -> tuple[contract.Snapshot, ...]:
    _rooms_only(ctx)
    async with ctx.read() as tx:
        return tuple(await store.list_snapshots_known(tx, until=until, at=at))


async def list_superseded(ctx: Ctx, *, run_id: str) -> tuple[contract.Snapshot, ...]:
    _rooms_only(ctx)
    async with ctx.read() as tx:
        return tuple(await store.list_superseded(tx, run_id=run_id))


async def list_runs(ctx: Ctx, *, before: tuple[date, str] | None, limit: int) -> Sequence[Row[Any]]:
    async with ctx.read() as tx:
        return await store.list_runs(tx, before=before, limit=limit)


async def get_run(ctx: Ctx, *, run_id: str) -> Row[Any]:
    async with ctx.read() as tx:
        return await store.get_run(tx, run_id=run_id)
