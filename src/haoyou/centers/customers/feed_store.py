"""SQL of customers as the bank's feeds fill them: batches, upserts by natural key, and moves of the scope columns."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.customers import assignment_store, rules, tables
from haoyou.kernel.ctx import Tx

_C, _L = tables.customer, tables.listing

_TOTALS = text(
    "update customers.listing l set deposits_minor = s.deposits, loans_minor = s.loans, aum_minor = s.deposits,"
    " tier = case when s.deposits >= :platinum then 'platinum' when s.deposits >= :gold then 'gold'"
    "   when s.deposits >= :silver then 'silver' else 'plain' end,"
    " as_of = greatest(l.as_of, s.as_of), currency = s.currency"
    " from (select customer_no,"
    "   coalesce(sum(balance_minor) filter (where kind in ('demand', 'term')), 0) as deposits,"
    "   coalesce(sum(principal_minor) filter (where kind = 'loan' and closed_on is null), 0) as loans,"
    "   max(as_of) as as_of, min(currency) as currency"
    "   from customers.holding where customer_no = any(:numbers) group by customer_no) s"
    " where l.customer_no = s.customer_no"
)


async def list_by_code(tx: Tx, *, source: str, codes: Sequence[str], lock: bool = False) -> dict[str, Row[Any]]:
    """Customers by the bank's number, with what decides who sees them."""
    query = select(_C.c.no, _C.c.code, _C.c.institution_id, _C.c.manager_id, _C.c.line, _C.c.version).where(
        _C.c.source == source, _C.c.code.in_(codes)
    )
    rows = await tx.all(query.order_by(_C.c.no).with_for_update() if lock else query)
    return {row.code: row for row in rows}


async def upsert_customers(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """New or newer customers; the manager and our own keys stay as they are."""
    statement = insert(_C)
    kept = {"id", "no", "source", "code", "manager_id", "handover_version"}
    changed = {column.name: statement.excluded[column.name] for column in _C.c if column.name not in kept}
    await tx.run(
        statement.on_conflict_do_update(
            index_elements=[_C.c.source, _C.c.code], set_=changed, where=_C.c.version <= statement.excluded.version
        ),
        rows,
    )


async def upsert_listings(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    statement = insert(_L)
    changed = {name: statement.excluded[name] for name in ("sort_name", "institution_id", "line")}
    await tx.run(statement.on_conflict_do_update(index_elements=[_L.c.customer_no], set_=changed), rows)


async def replace_tokens(tx: Tx, *, numbers: Sequence[int], rows: Sequence[dict[str, Any]]) -> None:
    t = tables.token
    await tx.run(t.delete().where(t.c.customer_no.in_(numbers)))
    await tx.run(t.insert(), rows)


async def upsert_assignments(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    t = tables.assignment
    statement = insert(t)
    await tx.run(
        statement.on_conflict_do_update(
            index_elements=[t.c.customer_no, t.c.staff_id, t.c.kind, t.c.from_date],
            set_={"to_date": statement.excluded.to_date},
        ),
        rows,
    )


async def list_primary(tx: Tx, *, numbers: Sequence[int], on: date) -> dict[int, int]:
    """The managing RM of these customers on that day, by the word of the feed and of the house."""
    words = await assignment_store.list_words(tx, numbers=numbers)
    return {number: manager for number, said in words.items() if (manager := rules.manager_on(said, on))}


async def move(tx: Tx, moves: Sequence[dict[str, Any]]) -> None:
    """Set institution and manager of customers (`number`, `to_unit`, `to_manager`) on every row that is about them."""
    for table in tables.SCOPED:
        number = table.c.no if table is _C else table.c.customer_no
        statement = (
            update(table)
            .where(number == bindparam("number"))
            .values(institution_id=bindparam("to_unit"), manager_id=bindparam("to_manager"))
        )
        await tx.run(statement, list(moves))


async def upsert_holdings(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    t = tables.holding
    statement = insert(t)
    changed = {name: statement.excluded[name] for name in ("product", "principal_minor", "closed_on", "version")}
    await tx.run(
        statement.on_conflict_do_update(
            index_elements=[t.c.source, t.c.code], set_=changed, where=t.c.version <= statement.excluded.version
        ),
        rows,
    )


async def set_balances(tx: Tx, *, source: str, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Newer balances (`account`, `balance`, `day`); answers the customers whose holdings these are."""
    t = tables.holding
    statement = (
        update(t)
        .where(t.c.source == source, t.c.code == bindparam("account"), t.c.as_of <= bindparam("day"))
        .values(balance_minor=bindparam("balance"), as_of=bindparam("day"))
    )
    await tx.run(statement, list(rows))
    query = select(t.c.customer_no).where(t.c.source == source, t.c.code.in_([row["account"] for row in rows]))
    return sorted({row.customer_no for row in await tx.all(query)})


async def list_known_accounts(tx: Tx, *, source: str, codes: Sequence[str]) -> set[str]:
    t = tables.holding
    return {row.code for row in await tx.all(select(t.c.code).where(t.c.source == source, t.c.code.in_(codes)))}


async def renew_totals(tx: Tx, *, numbers: Sequence[int]) -> None:
    """Roll the holdings of these customers up into their listing, with the day they are as of."""
    tiers = {tier: least for tier, least in rules.TIERS if least}
    await tx.run(_TOTALS, {"numbers": list(numbers), **tiers})
