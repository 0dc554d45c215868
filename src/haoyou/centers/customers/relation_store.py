"""SQL of relationships: filling them from the feed, and the edges around some customers."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, text

from haoyou.centers.customers import store, tables
from haoyou.kernel.ctx import Tx
from haoyou.kernel.db.scope import one_of
from haoyou.kernel.principal import Scope

_R, _C, _M = tables.relationship, tables.customer, tables.member

_UPSERT = text(
    "insert into customers.relationship (customer_no, other_no, outward, kind, from_date, to_date, share_ppm, version,"
    " institution_id, manager_id, line)"
    " select r.customer_no, r.other_no, r.outward, r.kind, r.from_date, r.to_date, r.share_ppm, :version,"
    " c.institution_id, c.manager_id, c.line"
    " from unnest(cast(:customer_no as int[]), cast(:other_no as int[]), cast(:outward as boolean[]),"
    "   cast(:kind as text[]), cast(:from_date as date[]), cast(:to_date as date[]), cast(:share_ppm as int[]))"
    "   as r (customer_no, other_no, outward, kind, from_date, to_date, share_ppm)"
    " join customers.customer c on c.no = r.customer_no"
    " on conflict (customer_no, other_no, kind, outward, from_date) do update"
    " set to_date = excluded.to_date, share_ppm = excluded.share_ppm, version = excluded.version"
    " where relationship.version <= excluded.version"
    " and (relationship.to_date, relationship.share_ppm) is distinct from (excluded.to_date, excluded.share_ppm)"
)
_COLUMNS = ("customer_no", "other_no", "outward", "kind", "from_date", "to_date", "share_ppm")


async def upsert_relationships(tx: Tx, rows: Sequence[dict[str, Any]], *, version: int) -> int:
    """New and changed rows, each with the scope of its own customer; the caller holds these customers' rows."""
    return await tx.run(_UPSERT, {name: [row[name] for row in rows] for name in _COLUMNS} | {"version": version})


def _holding_first(on: date) -> Any:
    return or_(_R.c.to_date.is_(None), _R.c.to_date > on).desc()


async def list_edges(
    tx: Tx, scope: Scope, *, numbers: Sequence[int], on: date, ended: bool, limit: int
) -> Sequence[Row[Any]]:
    """The relationships of these customers that have begun by `on`, those that hold first; ended ones if wanted."""
    query = select(_R).where(_R.c.customer_no.in_(numbers), _R.c.from_date <= on, store.mine(scope, _R))
    if not ended:
        query = query.where(or_(_R.c.to_date.is_(None), _R.c.to_date > on))
    order = (_holding_first(on), _R.c.customer_no, _R.c.from_date.desc(), _R.c.other_no, _R.c.kind, _R.c.outward)
    return await tx.all(query.order_by(*order).limit(limit))


async def list_links(tx: Tx, scope: Scope, *, numbers: Sequence[int], on: date, limit: int) -> Sequence[Row[Any]]:
    """What holds for one customer (all their numbers): each once, with how many there are.

    The other end is the customer its number was merged into, named where the reader may see them.
    """
    other = func.coalesce(_M.c.survivor_no, _R.c.other_no)
    holding = (
        select(
            _R.c.kind,
            _R.c.outward,
            other.label("other_no"),
            func.max(_R.c.share_ppm).label("share_ppm"),
            func.max(_R.c.from_date).label("from_date"),
        )
        .select_from(_R.outerjoin(_M, _M.c.customer_no == _R.c.other_no))
        .where(one_of(_R.c.customer_no, numbers), _R.c.from_date <= on, store.mine(scope, _R))
        .where(or_(_R.c.to_date.is_(None), _R.c.to_date > on), ~one_of(other, numbers))
        .group_by(_R.c.kind, _R.c.outward, other)
        .subquery()
    )
    seen = and_(_C.c.no == holding.c.other_no, store.mine(scope, _C))
    columns = (_C.c.id, _C.c.code, _C.c.name, _C.c.kind.label("other_kind"), func.count().over().label("total"))
    order = (_C.c.no.is_(None), holding.c.from_date.desc(), holding.c.other_no, holding.c.kind, holding.c.outward)
    query = select(holding.c.kind, holding.c.outward, holding.c.share_ppm, *columns)
    return await tx.all(query.select_from(holding.outerjoin(_C, seen)).order_by(*order).limit(limit))
