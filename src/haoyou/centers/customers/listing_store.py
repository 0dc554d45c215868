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
from haoyou.kernel.db.scope import one_of
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
    return one_of(_L.c.institution_id, units)


def _is_portfolio(scope: Scope, wanted: rules.Wanted) -> bool:
    """Whether the list lies within what one person looks after, which is read whole and then put in order."""
    return not scope.everything and (wanted.own_only or wanted.manager_id is not None or not scope.units)


def _beyond(key: Sequence[ColumnElement[Any]], after: Sequence[Any], *, down: bool) -> ColumnElement[bool]:
    return tuple_(*key) < tuple_(*after) if down else tuple_(*key) > tuple_(*after)


def _whole(rows: Select[*tuple[Any, ...]], after: Sequence[Any] | None, *, down: bool) -> Select[*tuple[Any, ...]]:
    """Read first, ordered later: the planner knows no portfolio, and would walk the order of the whole bank.

    So would a position among many equal values, which it takes for a handful of rows.
    """
    read = rows.cte("portfolio").prefix_with("MATERIALIZED")
    found = select(read.c.customer_no, read.c.value)
    return found.where(_beyond((read.c.value, read.c.customer_no), after, down=down)) if after else found


def _candidates(
    scope: Scope, chosen: rules.Selection, *, after: Sequence[Any] | None, limit: int
) -> Select[*tuple[Any, ...]]:
    """Number and order's value of customers of whom the first `limit` are the page: not many more, and in no order."""
    column, down = _ORDERS[chosen.wanted.sort], chosen.wanted.runs_down
    rows = select(_L.c.customer_no, column.label("value")).where(*_asked(chosen))
    within = [_within(scope, chosen)] + ([] if chosen.units is None else [_among(chosen.units)])
    if _is_portfolio(scope, chosen.wanted):
        return _whole(rows.where(*within), after, down=down)
    firsts = rows.order_by(*(one.desc() if down else one for one in (column, _L.c.customer_no))).limit(limit)
    units = scope.units if chosen.units is None else chosen.units
    if not 1 <= len(units) <= UNITS_MERGED_MAX:
        within += [_beyond((column, _L.c.customer_no), after, down=down)] if after else []
        return firsts.where(*within)
    place = func.unnest(literal(list(units), ARRAY(Integer))).table_valued("id", name="place").render_derived()
    here = [_L.c.institution_id == place.c.id, store.mine(scope)]
    if after:  # the institution comes first, so that no other index than that of the institution can serve
        here.append(_beyond((_L.c.institution_id, column, _L.c.customer_no), (place.c.id, *after), down=down))
    first = firsts.where(*here).lateral("first")
    merged = select(first.c.customer_no, first.c.value).select_from(place.join(first, true()))
    if chosen.units is not None:
        return merged
    elsewhere = _whole(rows.where(store.mine(replace(scope, units=()))), after, down=down)
    both = union(merged, elsewhere).subquery()
    return select(both.c.customer_no, both.c.value)


def page_query(
    scope: Scope, chosen: rules.Selection, *, after: Sequence[Any] | None, limit: int
) -> Select[*tuple[Any, ...]]:
    down = chosen.wanted.runs_down
    rows = _candidates(scope, chosen, after=after, limit=limit).subquery("candidate")
    order = [one.desc() if down else one for one in (rows.c.value, rows.c.customer_no)]
    page = select(rows.c.customer_no, rows.c.value).order_by(*order).limit(limit).subquery("page")
    order = [one.desc() if down else one for one in (page.c.value, page.c.customer_no)]
    return store.cards().join(page, page.c.customer_no == _L.c.customer_no).order_by(*order)


async def list_page(
    tx: Tx, scope: Scope, chosen: rules.Selection, *, after: Sequence[Any] | None, limit: int
) -> Sequence[Row[Any]]:
    """A page by keyset; `after` is the order's value and the number of the last row seen."""
    return await tx.all(page_query(scope, chosen, after=after, limit=limit))


def count_query(scope: Scope, chosen: rules.Selection, *, limit: int) -> Select[*tuple[Any, ...]]:
    conditions = [_within(scope, chosen), *_asked(chosen)]
    if chosen.units is not None:
        conditions.append(_among(chosen.units))
    some = select(_L.c.customer_no).where(*conditions).limit(limit + 1).subquery()
    return select(func.count()).select_from(some)


async def count(tx: Tx, scope: Scope, chosen: rules.Selection, *, limit: int = COUNT_MAX) -> int | None:
    """Exact up to the limit, beyond that nothing."""
    found = await tx.value(count_query(scope, chosen, limit=limit))
    return found if found <= limit else None


def depth_of(scope: Scope) -> int:
    """Tokens looked at in each institution."""
    return max(2, CANDIDATES_MAX // max(1, len(scope.units)))


async def search_tokens(tx: Tx, scope: Scope, *, start: str, limit: int) -> list[int]:
    """Customers one of whose tokens begins so, the closest match first.

    Of a common beginning a few tokens of each institution are looked at, in their order, which begins with those that
    say no more than was typed; only where that finds too few is more read.
    """
    depth = depth_of(scope)
    # The policies make the planner expect few rows, and sort them all rather than stop at the first.
    await tx.run(select(func.set_config("enable_bitmapscan", "off", literal_column("true"))))
    rows = await tx.all(token_query(scope, start, depth))
    if len({row.customer_no for row in rows}) < limit and len(rows) >= depth:
        rows = await tx.all(token_query(scope, start, limit * TOKENS_OF_ONE_MAX))
    closest = sorted(rows, key=lambda row: (len(row.token), row.token, row.customer_no))
    return list(dict.fromkeys(row.customer_no for row in closest))[:limit]


def token_query(scope: Scope, start: str, depth: int) -> Select[*tuple[Any, ...]]:
    """The first tokens from `start` on: of each institution, of the person's own and single customers."""
    alike = and_(_T.c.token >= start, _T.c.token < start + LAST_CHARACTER, store.mine(scope, _T))
    rows = select(_T.c.customer_no, _T.c.token).where(alike).order_by(_T.c.token, _T.c.customer_no).limit(depth)
    ways: list[Any] = [rows.where(_T.c.manager_id == scope.owner, _T.c.manager_id > literal_column("0")).subquery()]
    if scope.extra:
        ways.append(rows.where(one_of(_T.c.customer_no, scope.extra)).subquery())
    if scope.units:
        place = func.unnest(literal(list(scope.units), ARRAY(Integer))).table_valued("id", name="place")
        unit = place.render_derived()
        first = rows.where(_T.c.institution_id == unit.c.id).lateral("first")
        ways.append(select(first.c.customer_no, first.c.token).select_from(unit.join(first, true())).subquery())
    found = union(*(select(way.c.customer_no, way.c.token) for way in ways)).subquery()
    return select(found.c.customer_no, found.c.token)
