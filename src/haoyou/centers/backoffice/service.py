"""Use cases of backoffice: the committed states between which the import works outside any transaction."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from haoyou.centers.backoffice import contract, rules, store
from haoyou.centers.identity import contract as identity
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.errors import Forbidden
from haoyou.lake.landing import Landed


async def begin_run(ctx: Ctx, *, run: rules.Run) -> tuple[rules.Run, datetime]:
    """Note that a feed is being taken; a feed that was begun before goes on where it stood."""
    async with ctx.write() as tx:
        same_day = await store.find_run(tx, source=run.source, bank_date=run.bank_date)
        last_done = await store.find_last_done(tx, source=run.source)
        rules.check_turn(run_id=run.id, bank_date=run.bank_date, same_day=same_day, last_done=last_done)
        if same_day and same_day.id != run.id:
            await store.replace_run(tx, run, instead_of=same_day.id, known_at=ctx.now)
        elif same_day is None:
            await store.add_run(tx, run, known_at=ctx.now)
        begun = same_day if same_day and same_day.id == run.id else run
        return begun, await store.get_known_at(tx, run_id=run.id)


async def record_landed(ctx: Ctx, *, run: rules.Run, landed: Landed, lake: Path) -> None:
    """From this commit on the landed files are the bank's facts of the day."""
    report = [
        {
            "dataset": one.name,
            "rows_in": one.rows_in,
            "accepted": one.accepted,
            "rejected": one.rejected,
            "amount_total_minor": one.amount_total_minor,
            "bank_total_minor": one.bank_total_minor,
            "agrees": one.agrees,
            "errors": one.errors.name if one.errors else None,
        }
        for one in landed.datasets
    ]
    snapshots = [
        contract.Snapshot(one.name, run.bank_date, run.id, str(one.path.relative_to(lake)), one.sha256, one.accepted)
        for one in landed.datasets
    ]
    async with ctx.write() as tx:
        await store.add_snapshots(tx, snapshots)
        await store.set_status(tx, run_id=run.id, status=rules.RunStatus.LANDED, report=report)
        tx.audit("facts_landed", ids=[run.id], rows=sum(one.rows for one in snapshots))


async def finish_run(ctx: Ctx, *, run: rules.Run) -> None:
    """Every room is filled: the bank day may begin."""
    async with ctx.write() as tx:
        await store.set_status(tx, run_id=run.id, status=rules.RunStatus.DONE, done_at=ctx.now)
        tx.tell(identity.AdvanceBusinessDate(business_date=run.bank_date, currency=run.currency))
        tx.audit("import_done", ids=[run.id])


async def list_snapshots(ctx: Ctx, *, until: date) -> tuple[contract.Snapshot, ...]:
    if not ctx.principal.service:
        raise Forbidden("Facts carry no data scope; only rooms read them.")
    async with ctx.read() as tx:
        return tuple(await store.list_snapshots(tx, until=until))


async def list_runs(ctx: Ctx, *, before: date | None, limit: int) -> Sequence[Row[Any]]:
    async with ctx.read() as tx:
        return await store.list_runs(tx, before=before, limit=limit)
