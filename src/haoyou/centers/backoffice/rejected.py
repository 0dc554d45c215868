"""The rows that were set aside, as the bank sent them: particulars of customers in clear, so under control."""

from pathlib import Path

from haoyou.centers.backoffice import store
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.errors import Forbidden, NotFound
from haoyou.kernel.web.problem import invalid_field

LINES = ("retail", "corporate")
REASON_CHARS_MIN = 4


async def open_rejected(ctx: Ctx, *, run_id: str, dataset: str, reason: str) -> Path:
    """The error file of a dataset. Its rows belong to nobody's scope yet: only a post that sees both lines may."""
    if not ctx.principal.scope.everything and not set(LINES) <= set(ctx.principal.scope.lines):
        raise Forbidden("The file has rows of both lines.")
    async with ctx.audited_read() as tx:
        run = await store.get_run(tx, run_id=run_id)
        name = next((one["errors"] for one in run.report if one["dataset"] == dataset), None)
        if name is None:
            raise NotFound()
        if len(reason) < REASON_CHARS_MIN:
            raise invalid_field("reason", "too_short", f"say why, in {REASON_CHARS_MIN} characters or more")
        path = ctx.house.settings.home / "objects" / "import-errors" / run_id / str(name)
        if not path.is_file():
            raise NotFound()
        rows = next(one["rejected"] for one in run.report if one["dataset"] == dataset)
        tx.audit("rejected_read", ids=[run_id], reason=reason, dataset=dataset, rows=rows)
    return path
