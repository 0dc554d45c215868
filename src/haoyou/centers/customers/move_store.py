"""SQL of moves of many customers at once: the selection, what was moved, and taking it back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.customers import rules, tables
from haoyou.centers.customers.store import mine
from haoyou.kernel.ctx import Tx
from haoyou.kernel.db.scope import one_of
from haoyou.kernel.principal import Scope

_C, _L, _M, _I = tables.customer, tables.listing, tables.move, tables.move_item

_FINISH = text(
    "update customers.move_item i set state = 'moved', version = c.handover_version from customers.customer c"
    " where i.move_id = :move_id and i.customer_no = any(:numbers) and c.no = i.customer_no"
)


def _chosen(scope: Scope, wanted: rules.MoveSelection) -> ColumnElement[bool]:
    conditions = [mine(scope)]
    if wanted.managers:
        conditions.append(one_of(_L.c.manager_id, wanted.managers))
    if wanted.institution_id is not None:
        conditions.append(_L.c.institution_id == wanted.institution_id)
    if wanted.line:
        conditions.append(_L.c.line == wanted.line)
    if wanted.tier:
        conditions.append(_L.c.tier == wanted.tier)
    if wanted.aum_from_minor is not None:
        conditions.append(_L.c.aum_minor >= wanted.aum_from_minor)
    if wanted.aum_below_minor is not None:
        conditions.append(_L.c.aum_minor < wanted.aum_below_minor)
    if wanted.no_contact_since is not None:
        conditions.append(_L.c.last_contact_on < wanted.no_contact_since)
    if wanted.customers:
        conditions.append(_C.c.id.in_(wanted.customers))
    return and_(*conditions)


async def list_candidates(tx: Tx, scope: Scope, wanted: rules.MoveSelection, *, limit: int) -> list[rules.Candidate]:
    query = (
        select(_C.c.no, _C.c.line, _C.c.manager_id, _L.c.aum_minor, _L.c.open_opportunities, _C.c.handover_version)
        .join_from(_L, _C, _C.c.no == _L.c.customer_no)
        .where(_chosen(scope, wanted))
        .order_by(_C.c.no)
        .limit(limit)
    )
    return [
        rules.Candidate(row.no, row.line, row.manager_id, row.aum_minor, row.open_opportunities, row.handover_version)
        for row in await tx.all(query)
    ]


async def add_move(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(_M).values(values))


async def add_items(tx: Tx, *, move_id: UUID, moves: Sequence[tuple[rules.Candidate, int]]) -> None:
    """One row a customer; its scope is the customer's, read where it stands."""
    statement = text(
        "insert into customers.move_item (move_id, customer_no, institution_id, manager_id, line, giver_id,"
        "  taker_id, version, state)"
        " select :move_id, c.no, c.institution_id, c.manager_id, c.line, n.giver_id, n.taker_id, n.version,"
        "  'waiting' from unnest(cast(:numbers as int[]), cast(:before as int[]), cast(:after as int[]),"
        "  cast(:versions as bigint[])) as n (no, giver_id, taker_id, version)"
        " join customers.customer c on c.no = n.no"
    )
    values = {
        "move_id": move_id,
        "numbers": [one.no for one, _ in moves],
        "before": [one.manager_id for one, _ in moves],
        "after": [staff for _, staff in moves],
        "versions": [one.version for one, _ in moves],
    }
    await tx.run(statement, values)


async def find_move(tx: Tx, *, move_id: UUID, lock: bool = False) -> Row[Any] | None:
    query = select(_M).where(_M.c.id == move_id)
    return await tx.first(query.with_for_update() if lock else query)


async def list_moves(tx: Tx, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Row[Any]]:
    """Moves made in the reader's institutions or by the reader, the newest first; row-level security decides which."""
    query = select(_M).order_by(_M.c.made_at.desc(), _M.c.id.desc()).limit(limit)
    return await tx.all(query.where(tuple_(_M.c.made_at, _M.c.id) < tuple_(*after)) if after else query)


async def list_batch(tx: Tx, *, move_id: UUID, state: str, limit: int) -> Sequence[Row[Any]]:
    query = select(_I).where(_I.c.move_id == move_id, _I.c.state == state)
    return await tx.all(query.order_by(_I.c.customer_no).limit(limit))


async def list_items(tx: Tx, scope: Scope, *, move_id: UUID, after: int, limit: int) -> Sequence[Row[Any]]:
    query = select(_I).where(_I.c.move_id == move_id, _I.c.customer_no > after, mine(scope, _I))
    return await tx.all(query.order_by(_I.c.customer_no).limit(limit))


async def count_items(tx: Tx, *, move_id: UUID) -> dict[str, int]:
    query = select(_I.c.state, func.count().label("customers")).where(_I.c.move_id == move_id).group_by(_I.c.state)
    return {row.state: row.customers for row in await tx.all(query)}


async def set_items(tx: Tx, *, move_id: UUID, numbers: Sequence[int], state: str) -> None:
    here = and_(_I.c.move_id == move_id, one_of(_I.c.customer_no, numbers))
    await tx.run(update(_I).where(here).values(state=state))


async def finish_items(tx: Tx, *, move_id: UUID, numbers: Sequence[int]) -> None:
    """Moved: with the version by which a later change of hands is told from this one."""
    await tx.run(_FINISH, {"move_id": move_id, "numbers": list(numbers)})


async def set_move(tx: Tx, *, move_id: UUID, **values: Any) -> None:
    await tx.run(update(_M).where(_M.c.id == move_id).values(**values))


async def has_item(tx: Tx, *, move_id: UUID, states: Sequence[str]) -> bool:
    here = and_(_I.c.move_id == move_id, or_(*(_I.c.state == one for one in states)))
    return await tx.value(select(_I.c.customer_no).where(here).limit(1)) is not None
