"""SQL of lists and search. Every question reads a bounded stretch of an index, whoever asks and whatever is common.

A person's scope is a union (own customers, some institutions, single ones); no index runs in one order over a union.
A list over a few institutions therefore reads the first rows of each and merges them; over most of the bank it walks
the order itself and leaves out what is not in scope.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Row,
    Select,
    and_,
    any_,
    func,
    literal,
    literal_column,
    select,
    true,
    tuple_,
    union,
)

from haoyou.centers.customers import rules, store, tables
from haoyou.kernel.ctx import Tx
from haoyou.kernel.principal import Scope

LAST_CHARACTER = "\U0010ffff"
COUNT_MAX = 1_000  # beyond this a number tells nobody anything, and costs
UNITS_MERGED_MAX = 64  # institutions read one by one: beyond, walking the order itself reads less
CANDIDATES_MAX = 60  # tokens looked at before the closest are chosen, over all institutions
TOKENS_OF_ONE_MAX = 8  # tokens of one customer that begin alike: name, sounds, initials

_L, _T = tables.listing, tables.token
# Written out, not bound: a prepared statement reaches the partial indexes only where it names the number itself.
_NOBODY_S = _L.c.manager_id == literal_column("0")
_MANAGED = _L.c.manager_id > literal_column("0")
_WORKED = _L.c.open_opportunities > literal_column("0")
Compare = Callable[[Any, Any], ColumnElement[bool]]
_ORDERS: dict[str, ColumnElement[Any]] = {
    "aum": _L.c.aum_minor,
    "name": _L.c.sort_name,
    "recent": _L.c.last_contact_on,
    "maturity": _L.c.next_maturity_on,
    "deposits": _L.c.deposits_minor,
    "loans": _L.c.loans_minor,
}


def position(row: Row[Any], sort: str) -> tuple[Any, int]:
    """Where in the order a row stands."""
    return getattr(row, _ORDERS[sort].key or ""), row.no


def _within(scope: Scope, chosen: rules.Selection) -> ColumnElement[bool]:
    """The data scope; of one's own customers only the manager is asked, so that nothing leads the planner astray."""
    if not chosen.wanted.own_only:
        return store.mine(scope)
    own = replace(scope, units=(), extra=())
    return and_(store.mine(own), _L.c.manager_id == scope.owner, _MANAGED)


def _asked(chosen: rules.Selection) -> list[ColumnElement[bool]]:
    """The conditions of the filter itself, each one that an index can help with under row-level security."""
    wanted = chosen.wanted
    least, below = rules.aum_range(wanted.tier) if wanted.tier else (None, None)
    compared: list[tuple[ColumnElement[Any], Compare, object | None]] = [
        (_L.c.line, operator.eq, wanted.line),
        (_L.c.kind, operator.eq, wanted.kind),
        (_L.c.aum_minor, operator.ge, least),
        (_L.c.aum_minor, operator.lt, below),
        (_L.c.aum_minor, operator.ge, wanted.aum_from_minor),
        (_L.c.aum_minor, operator.le, wanted.aum_to_minor),
        (_L.c.manager_id, operator.eq, wanted.manager_id),
        (_L.c.last_contact_on, operator.lt, chosen.quiet_since),
        (_L.c.next_maturity_on, operator.ge, chosen.matures_until and chosen.today),
        (_L.c.next_maturity_on, operator.le, chosen.matures_until),
    ]
    conditions = [compare(column, value) for column, compare, value in compared if value is not None]
    conditions += [_MANAGED] * (wanted.manager_id is not None)
    conditions += [_NOBODY_S] * wanted.unmanaged
    return conditions + [_WORKED] * wanted.with_opportunities


def _among(units: Sequence[int]) -> ColumnElement[bool]:
    if len(units) == 1:
        return _L.c.institution_id == units[0]
    return _L.c.institution_id == any_(literal(list(units), ARRAY(Integer)))


def _is_merged(scope: Scope, chosen: rules.Selection) -> bool:
    """Whether the list is read institution by institution."""
    units = scope.units if chosen.units is None else chosen.units
    return not (chosen.wanted.own_only or chosen.wanted.manager_id) and 1 <= len(units) <= UNITS_MERGED_MAX


def _page(
    scope: Scope, chosen: rules.Selection, *, after: Sequence[Any] | None, limit: int
) -> tuple[Select[Any], list[ColumnElement[Any]]]:
    """Number and order's value of the first rows after a position; and the order."""
    column, down = _ORDERS[chosen.wanted.sort], chosen.wanted.runs_down
    key = tuple_(column, _L.c.customer_no)
    asked = _asked(chosen)
    if after:
        asked.append(key < tuple_(*after) if down else key > tuple_(*after))
    order = [column.desc(), _L.c.customer_no.desc()] if down else [column, _L.c.customer_no]
    rows = select(_L.c.customer_no, column.label("value")).where(*asked).order_by(*order).limit(limit)
    if not _is_merged(scope, chosen):
        within = [_within(scope, chosen)] + ([] if chosen.units is None else [_among(chosen.units)])
        return rows.where(*within), order
    units = scope.units if chosen.units is None else chosen.units
    place = func.unnest(literal(list(units), ARRAY(Integer))).table_valued("id", name="place").render_derived()
    first = rows.where(_L.c.institution_id == place.c.id, store.mine(scope)).lateral("first")
    merged = select(first.c.customer_no, first.c.value).select_from(place.join(first, true()))
    if chosen.units is not None:
        return merged, order
    elsewhere = rows.where(store.mine(replace(scope, units=()))).subquery()
    both = union(merged, select(elsewhere.c.customer_no, elsewhere.c.value)).subquery()
    return select(both.c.customer_no, both.c.value), order


def page_query(scope: Scope, chosen: rules.Selection, *, after: Sequence[Any] | None, limit: int) -> Select[Any]:
    page, order = _page(scope, chosen, after=after, limit=limit)
    rows = page.subquery("page")
    down = chosen.wanted.runs_down
    firsts = select(rows).order_by(*(one.desc() if down else one for one in (rows.c.value, rows.c.customer_no)))
    first = firsts.limit(limit).subquery("first")
    return store.cards().join(first, first.c.customer_no == _L.c.customer_no).order_by(*order)


async def list_page(
    tx: Tx, scope: Scope, chosen: rules.Selection, *, after: Sequence[Any] | None, limit: int
) -> Sequence[Row[Any]]:
    """A page by keyset; `after` is the order's value and the number of the last row seen."""
    return await tx.all(page_query(scope, chosen, after=after, limit=limit))


def count_query(scope: Scope, chosen: rules.Selection, *, limit: int) -> Select[Any]:
    conditions = [_within(scope, chosen), *_asked(chosen)]
    if chosen.units is not None:
        conditions.append(_among(chosen.units))
    some = select(_L.c.customer_no).where(*conditions).limit(limit + 1).subquery()
    return select(func.count()).select_from(some)


async def count(tx: Tx, scope: Scope, chosen: rules.Selection, *, limit: int = COUNT_MAX) -> int | None:
    """Exact up to the limit, beyond that nothing."""
    found = await tx.value(count_query(scope, chosen, limit=limit))
    return found if found <= limit else None


async def search_tokens(tx: Tx, scope: Scope, *, start: str, limit: int) -> list[int]:
    """Customers one of whose tokens begins so, the closest match first.

    Of a common beginning a few tokens of each institution are looked at, in their order, which begins with those that
    say no more than was typed; only where that finds too few is more read.
    """
    depth = max(2, CANDIDATES_MAX // max(1, len(scope.units)))
    rows = await tx.all(token_query(scope, start, depth))
    if len({row.customer_no for row in rows}) < limit and len(rows) >= depth:
        rows = await tx.all(token_query(scope, start, limit * TOKENS_OF_ONE_MAX))
    closest = sorted(rows, key=lambda row: (len(row.token), row.token, row.customer_no))
    return list(dict.fromkeys(row.customer_no for row in closest))[:limit]


def token_query(scope: Scope, start: str, depth: int) -> Select[Any]:
    """The first tokens from `start` on: of each institution, of the person's own and single customers."""
    alike = and_(_T.c.token >= start, _T.c.token < start + LAST_CHARACTER, store.mine(scope, _T))
    rows = select(_T.c.customer_no, _T.c.token).where(alike).order_by(_T.c.token, _T.c.customer_no).limit(depth)
    ways: list[Any] = [rows.where(_T.c.manager_id == scope.owner, _T.c.manager_id > literal_column("0")).subquery()]
    if scope.extra:
        ways.append(rows.where(_T.c.customer_no == any_(literal(list(scope.extra), ARRAY(Integer)))).subquery())
    if scope.units:
        place = func.unnest(literal(list(scope.units), ARRAY(Integer))).table_valued("id", name="place")
        unit = place.render_derived()
        first = rows.where(_T.c.institution_id == unit.c.id).lateral("first")
        ways.append(select(first.c.customer_no, first.c.token).select_from(unit.join(first, true())).subquery())
    found = union(*(select(way.c.customer_no, way.c.token) for way in ways)).subquery()
    return select(found.c.customer_no, found.c.token)
