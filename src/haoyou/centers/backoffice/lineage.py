"""Whence a value on a screen comes: every row the bank ever sent under a key, the one that counts first."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from haoyou.centers.backoffice import contract, store
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.errors import NotFound
from haoyou.kernel.web.problem import invalid_field
from haoyou.lake import door
from haoyou.lake.lineage import Version, list_versions

ROWS_MAX = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One row as it landed, and its file. `superseded_by`: the run that restated its day."""

    row: Version
    file: contract.Snapshot
    superseded_by: str | None
    counts: bool


async def trace(ctx: Ctx, *, dataset: str, key: Sequence[str]) -> list[Step]:
    """The rows under a key, as they stand. Values above class C1 are never given; that they were asked for is kept."""
    of = door.BY_NAME.get(dataset)
    if of is None:
        raise invalid_field("dataset", "unknown", "not a dataset of the door")
    if len(key) != len(of.key):
        raise invalid_field("key", "parts", f"give {' and '.join(of.key)}, in this order, one `key` each")
    async with ctx.audited_read() as tx:
        files = await store.list_files(tx, dataset=dataset)
        tx.audit("lineage_read", ids=[f"{dataset}:{'|'.join(key)}"])
    lake = ctx.house.settings.home / "lake"
    paths = [lake / file.path for file, _ in files]
    rows = await asyncio.to_thread(list_versions, paths, dataset=of, key=key, limit=ROWS_MAX)
    if not rows:
        raise NotFound()
    by_run = {file.run_id: (file, superseded_by) for file, superseded_by in files}
    standing = next((row for row in rows if by_run[row.run_id][1] is None), None)
    return [Step(row, *by_run[row.run_id], counts=row is standing) for row in rows]
