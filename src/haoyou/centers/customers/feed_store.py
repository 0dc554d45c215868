"""SQL of customers as the bank's feeds fill them: a batch is a handful of statements, whatever its size.

The rows of a batch travel as one JSON parameter (COPY is refused under forced row-level security). What stands there
already is compared before it is written: a feed that says the same again writes nothing.
"""

import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    Row,
    Select,
    Table,
    TableValuedAlias,
    Text,
    and_,
    bindparam,
    cast,
    column,
    false,
    func,
    null,
    or_,
    select,
    text,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.customers import assignment_store, rules, tables
from haoyou.kernel.ctx import Tx
from haoyou.kernel.db.scope import one_of

_C, _L, _H, _T, _A = tables.customer, tables.listing, tables.holding, tables.token, tables.assignment

_TOTALS = (
    "update {figures} l set deposits_minor = s.deposits, loans_minor = s.loans, aum_minor = s.aum,"
    " tier = case when s.aum >= :platinum then 'platinum' when s.aum >= :gold then 'gold'"
    "   when s.aum >= :silver then 'silver' else 'plain' end,"
    " as_of = greatest(l.as_of, s.as_of), currency = :currency, next_maturity_on = s.next_maturity_on"
    " from (select customer_no,"
    "   coalesce(sum(balance_minor) filter (where own and kind in ('demand', 'term')), 0) as deposits,"
    "   coalesce(sum(balance_minor) filter (where own and kind in ('demand', 'term', 'wealth')), 0) as aum,"
    "   coalesce(sum(case when balance_known then balance_minor else principal_minor end)"
    "     filter (where own and kind = 'loan'), 0) as loans,"
    "   coalesce(min(matures_on) filter (where kind in ('term', 'wealth') and matures_on >= :on), :never)"
    "     as next_maturity_on,"
    "   max(as_of) as as_of"
    "   from (select *, closed_on is null and currency = :currency as own from customers.holding"
    "     where customer_no = any(:numbers)) h"
    "   group by customer_no) s"
    " where l.customer_no = s.customer_no and (l.deposits_minor, l.loans_minor, l.aum_minor, l.as_of, l.currency,"
    "   l.next_maturity_on) is distinct from (s.deposits, s.loans, s.aum, greatest(l.as_of, s.as_of), :currency,"
    "   s.next_maturity_on)"
)
"""Of whoever is alone the figures stand in the listing, of the members of a merged customer in member."""
_KEPT = {"id", "no", "source", "code", "manager_id"}
"""What a customer keeps whatever the bank sends: our own keys, and the manager, whom assignments decide."""
_HOLDING_CHANGES = ("product", "principal_minor", "closed_on")
_TERMS = ("rate_ppm", "matures_on", "limit_minor", "status")


def _written(value: object) -> str:
    return "\\x" + value.hex() if isinstance(value, bytes) else str(value)


def _batch(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    return {"rows": json.dumps(rows, default=_written, ensure_ascii=False, separators=(",", ":"))}


def _rows(table: Table, names: Sequence[str]) -> TableValuedAlias:
    """The batch as a table with these columns of `table`."""
    columns = [column(name, table.c[name].type) for name in names]
    given = func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON)).table_valued(*columns)
    return given.render_derived(name="given", with_types=True)


async def list_by_code(tx: Tx, *, source: str, codes: Sequence[str], lock: bool = False) -> dict[str, Row[Any]]:
    """Customers by the bank's number, with what decides who sees them and whether the bank says something new."""
    query = select(
        _C.c.no, _C.c.code, _C.c.name, _C.c.institution_id, _C.c.manager_id, _C.c.line, _C.c.version, _C.c.fingerprint
    ).where(_C.c.source == source, one_of(_C.c.code, codes))
    rows = await tx.all(query.order_by(_C.c.no).with_for_update() if lock else query)
    return {row.code: row for row in rows}


@cache
def _put_customers(names: tuple[str, ...]) -> Any:
    given = _rows(_C, names)
    statement = insert(_C).from_select(names, select(*given.c))
    changed = {name: statement.excluded[name] for name in names if name not in _KEPT}
    return statement.on_conflict_do_update(
        index_elements=[_C.c.source, _C.c.code], set_=changed, where=_C.c.version <= statement.excluded.version
    ).returning(_C.c.no, _C.c.code, _C.c.institution_id, _C.c.manager_id, _C.c.line)


async def put_customers(tx: Tx, rows: Sequence[dict[str, Any]]) -> dict[str, Row[Any]]:
    """New or newer customers as they stand now; one that somebody else brought in newer meanwhile is absent."""
    return {row.code: row for row in await tx.all(_put_customers(tuple(rows[0])), _batch(rows))}


@cache
def _put_listings(names: tuple[str, ...]) -> Any:
    given = _rows(_L, names)
    statement = insert(_L).from_select(names, select(*given.c))
    changed = {name: statement.excluded[name] for name in ("sort_name", "kind", "institution_id", "line")}
    differ = tuple_(*(_L.c[name] for name in changed)).is_distinct_from(tuple_(*changed.values()))
    return statement.on_conflict_do_update(index_elements=[_L.c.customer_no], set_=changed, where=differ)


async def put_listings(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    await tx.run(_put_listings(tuple(rows[0])), _batch(rows))


async def drop_tokens(tx: Tx, *, numbers: Sequence[int]) -> None:
    await tx.run(_T.delete().where(one_of(_T.c.customer_no, numbers)))


_ADD_TOKENS = text(
    "insert into customers.token (customer_no, token, institution_id, manager_id, line)"
    " select customer_no, token, institution_id, manager_id, line from json_to_recordset(cast(:rows as json))"
    "   as given (customer_no int, institution_id int, manager_id int, line text, tokens json),"
    "   json_array_elements_text(tokens) as token"
    " on conflict do nothing"
)


async def add_tokens(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Of each customer (`customer_no` and scope) all `tokens`."""
    await tx.run(_ADD_TOKENS, _batch(rows))


def _news(given: TableValuedAlias, table: Table, *, keys: Sequence[str], changes: Sequence[str]) -> Select[Any]:
    """The rows of the batch that are new, or say something else than what stands there."""
    same = and_(*(table.c[name] == given.c[name] for name in keys))
    stands = tuple_(*(table.c[name] for name in changes), true())
    said = tuple_(*(given.c[name] for name in changes), true())
    other = or_(table.c[keys[0]].is_(null()), stands.is_distinct_from(said))
    return select(*given.c).select_from(given.outerjoin(table, same)).where(other)


@cache
def _put_assignments(names: tuple[str, ...]) -> Any:
    keys = ("customer_no", "staff_id", "kind", "from_date")
    statement = insert(_A).from_select(names, _news(_rows(_A, names), _A, keys=keys, changes=("to_date",)))
    return statement.on_conflict_do_update(
        index_elements=[_A.c[name] for name in keys], set_={"to_date": statement.excluded.to_date}
    )


async def put_assignments(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    await tx.run(_put_assignments(tuple(rows[0])), _batch(rows))


async def list_primary(tx: Tx, *, numbers: Sequence[int], on: date) -> dict[int, int]:
    """The managing RM of these customers on that day, by the word of the feed and of the house."""
    words = await assignment_store.list_words(tx, numbers=numbers)
    return {number: manager for number, said in words.items() if (manager := rules.manager_on(said, on))}


@cache
def _put_holdings(names: tuple[str, ...]) -> Any:
    given = _rows(_H, names)
    news = _news(given, _H, keys=("source", "code"), changes=_HOLDING_CHANGES)
    statement = insert(_H).from_select(
        names, news.where(or_(_H.c.version.is_(null()), _H.c.version <= given.c.version))
    )
    changed = {name: statement.excluded[name] for name in (*_HOLDING_CHANGES, "version")}
    return statement.on_conflict_do_update(
        index_elements=[_H.c.source, _H.c.code], set_=changed, where=_H.c.version <= statement.excluded.version
    ).returning(_H.c.customer_no)


async def put_holdings(tx: Tx, rows: Sequence[dict[str, Any]]) -> list[int]:
    """New or newer holdings; answers the customers whose holdings changed."""
    return [row.customer_no for row in await tx.all(_put_holdings(tuple(rows[0])), _batch(rows))]


@cache
def _set_terms() -> Any:
    given = _rows(_H, ("source", "code", "terms_version", *_TERMS))
    stands, said = tuple_(*(_H.c[name] for name in _TERMS)), tuple_(*(given.c[name] for name in _TERMS))
    newer = and_(_H.c.terms_version <= given.c.terms_version, stands.is_distinct_from(said))
    mine = and_(_H.c.source == given.c.source, _H.c.code == given.c.code)
    values = {name: given.c[name] for name in (*_TERMS, "terms_version")}
    return update(_H).where(mine, newer).values(values).returning(_H.c.customer_no)


async def set_terms(tx: Tx, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Newer terms; answers the customers whose holdings changed."""
    return [row.customer_no for row in await tx.all(_set_terms(), _batch(rows))]


@cache
def _set_balances() -> Any:
    given = _rows(_H, ("source", "code", "balance_minor", "as_of"))
    mine = and_(_H.c.source == given.c.source, _H.c.code == given.c.code, _H.c.as_of <= given.c.as_of)
    other = or_(
        tuple_(_H.c.balance_minor, _H.c.as_of).is_distinct_from(tuple_(given.c.balance_minor, given.c.as_of)),
        _H.c.balance_known == false(),
    )
    values = {"balance_minor": given.c.balance_minor, "as_of": given.c.as_of, "balance_known": true()}
    return update(_H).where(mine, other).values(values).returning(_H.c.customer_no)


async def set_balances(tx: Tx, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Newer balances; answers the customers whose holdings changed."""
    return [row.customer_no for row in await tx.all(_set_balances(), _batch(rows))]


async def list_known_accounts(tx: Tx, *, source: str, codes: Sequence[str]) -> set[str]:
    query = select(_H.c.code).where(_H.c.source == source, one_of(_H.c.code, codes))
    return {row.code for row in await tx.all(query)}


@cache
def _totals(figures: Table) -> Any:
    return text(_TOTALS.format(figures=figures.fullname))


async def renew_totals(tx: Tx, figures: Table, *, numbers: Sequence[int], currency: str, on: date) -> None:
    """Roll the holdings of these customers up into their figures (listing or member), with the day they are as of.

    Sums hold the bank's own currency only: there is no rate here by which another could be added.
    """
    tiers = {tier: least for tier, least in rules.TIERS if least}
    given = {"numbers": list(numbers), "currency": currency, "on": on, "never": rules.FAR}
    await tx.run(_totals(figures), given | tiers)


async def list_matured(tx: Tx, *, on: date, limit: int) -> list[int]:
    """Customers whose next maturity lies behind them."""
    query = select(_L.c.customer_no).where(_L.c.next_maturity_on < on)
    return [row.customer_no for row in await tx.all(query.order_by(_L.c.next_maturity_on).limit(limit))]
