"""SQL of backoffice over the register of sources, and how fresh each is."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.backoffice import rules, tables
from haoyou.kernel.ctx import Tx
from haoyou.kernel.errors import NotFound

EXPECTED_DAYS = 1  # until head office says otherwise: a source speaks every bank day


async def register(tx: Tx, *, code: str, at: datetime) -> None:
    """A source that was never heard before stands in the register from its first feed on."""
    t = tables.source
    values = {
        "code": code,
        "name_zh": code,
        "owner": "",
        "licence": "",
        "purpose": "",
        "expected_days": EXPECTED_DAYS,
        "version": 1,
        "saved_at": at,
    }
    await tx.run(insert(t).on_conflict_do_nothing(index_elements=[t.c.code]), values)


async def list_sources(tx: Tx, *, limit: int) -> Sequence[Row[Any]]:
    return await tx.all(select(tables.source).order_by(tables.source.c.code).limit(limit))


async def get_source(tx: Tx, *, code: str) -> Row[Any]:
    """Locked; NotFound where no feed of it ever came."""
    row = await tx.first(select(tables.source).where(tables.source.c.code == code).with_for_update())
    if row is None:
        raise NotFound()
    return row


async def save_source(tx: Tx, *, code: str, values: Mapping[str, object]) -> None:
    await tx.run(update(tables.source).where(tables.source.c.code == code).values(**values))


async def list_latest(tx: Tx) -> Sequence[Row[Any]]:
    """Per source and dataset the last bank day it spoke of, and when the house learned it."""
    s, r = tables.snapshot, tables.import_run
    query = (
        select(
            r.c.source,
            s.c.dataset,
            func.max(s.c.bank_date).label("bank_date"),
            func.max(r.c.known_at).label("known_at"),
        )
        .select_from(s.join(r, r.c.id == s.c.run_id))
        .group_by(r.c.source, s.c.dataset)
        .order_by(r.c.source, s.c.dataset)
    )
    return await tx.all(query)


async def list_bank_days(tx: Tx, *, after: date) -> list[date]:
    """The days this house has lived after a day, of whatever source."""
    r = tables.import_run
    query = select(r.c.bank_date).where(r.c.status == rules.RunStatus.DONE, r.c.bank_date > after)
    return [row.bank_date for row in await tx.all(query.distinct().order_by(r.c.bank_date))]
