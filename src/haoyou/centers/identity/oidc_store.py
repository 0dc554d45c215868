"""Every SQL statement about attempts to sign in through the single sign-on."""

from datetime import datetime

from sqlalchemy import delete, select

from haoyou.centers.identity import tables
from haoyou.kernel.ctx import Tx

_flow = tables.sign_on_flow


async def add_flow(tx: Tx, *, state_hash: str, browser_hash: str, return_to: str, at: datetime) -> None:
    values = {"state_hash": state_hash, "browser_hash": browser_hash, "return_to": return_to, "started_at": at}
    await tx.run(_flow.insert(), values)


async def drop_old_flows(tx: Tx, *, before: datetime, keep: int) -> None:
    """Those that are too old, and the oldest beyond `keep`."""
    newest = select(_flow.c.started_at).order_by(_flow.c.started_at.desc()).offset(keep).limit(1)
    await tx.run(delete(_flow).where(_flow.c.started_at < before))
    await tx.run(delete(_flow).where(_flow.c.started_at <= newest.scalar_subquery()))


async def spend_flow(tx: Tx, *, state_hash: str, browser_hash: str, since: datetime) -> str | None:
    """Where the attempt wanted to go. It is gone with this: of two who ask at the same time one gets it."""
    mine = (_flow.c.state_hash == state_hash, _flow.c.browser_hash == browser_hash, _flow.c.started_at >= since)
    return await tx.value(delete(_flow).where(*mine).returning(_flow.c.return_to))
