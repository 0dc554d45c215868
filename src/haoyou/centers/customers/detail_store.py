"""SQL of what is known of a customer besides who they are, and of positions day by day."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Row, Table, and_, func, select, text

from haoyou.centers.customers import store, tables
from haoyou.kernel.ctx import Tx
from haoyou.kernel.db.scope import one_of
from haoyou.kernel.principal import Scope

POSITIONS_MAX = 400  # a year of days, and the one before it

_UPSERT_PROFILES = text(
    "insert into customers.profile (customer_no, institution_id, manager_id, line, address, occupation, risk_level)"
    " select c.no, c.institution_id, c.manager_id, c.line, r.address, r.occupation, r.risk_level"
    " from unnest(cast(:customer_no as int[]), cast(:address as bytea[]), cast(:occupation as text[]),"
    "   cast(:risk_level as int[])) as r (customer_no, address, occupation, risk_level)"
    " join customers.customer c on c.no = r.customer_no"
    " on conflict (customer_no) do update"
    " set address = excluded.address, occupation = excluded.occupation, risk_level = excluded.risk_level"
)
_FORGET_PROFILES = text(
    "update customers.profile set address = null, occupation = null, risk_level = null"
    " where customer_no = any(cast(:numbers as int[]))"
)
_KEEP_POSITIONS = (
    "insert into customers.position_day (customer_no, bank_date, institution_id, manager_id, line,"
    " deposits_minor, wealth_minor, loans_minor, currency)"
    " select l.customer_no, :day, l.institution_id, l.manager_id, l.line,"
    "   l.deposits_minor, l.aum_minor - l.deposits_minor, l.loans_minor, l.currency"
    " from {figures} l left join lateral ("
    "   select p.* from customers.position_day p where p.customer_no = l.customer_no order by bank_date desc limit 1"
    " ) last on true"
    " where l.customer_no = any(cast(:numbers as int[]))"
    " and (last.bank_date is null or (last.bank_date <= :day and (last.deposits_minor, last.wealth_minor,"
    "   last.loans_minor, last.currency) is distinct from (l.deposits_minor, l.aum_minor - l.deposits_minor,"
    "   l.loans_minor, l.currency)))"
    " on conflict (customer_no, bank_date) do update set deposits_minor = excluded.deposits_minor,"
    "   wealth_minor = excluded.wealth_minor, loans_minor = excluded.loans_minor, currency = excluded.currency"
)


async def upsert_profiles(tx: Tx, rows: Sequence[dict[str, Any]], *, without: Sequence[int]) -> None:
    """What is said of some, and no longer said of others; the caller holds these customers' rows."""
    if rows:
        names = ("customer_no", "address", "occupation", "risk_level")
        await tx.run(_UPSERT_PROFILES, {name: [row[name] for row in rows] for name in names})
    if without:
        await tx.run(_FORGET_PROFILES, {"numbers": list(without)})


@cache
def _keep(figures: Table) -> Any:
    return text(_KEEP_POSITIONS.format(figures=figures.fullname))


async def keep_positions(tx: Tx, figures: Table, *, numbers: Sequence[int], day: date) -> None:
    """One row for each of these customers whose figures (listing or member) differ from the last row.

    What is older changes nothing.
    """
    await tx.run(_keep(figures), {"numbers": list(numbers), "day": day})


async def list_positions(tx: Tx, scope: Scope, *, numbers: Sequence[int], since: date) -> Sequence[Row[Any]]:
    """Of each number from its last row before `since`, so that the first day has a figure."""
    t, earlier = tables.position_day, tables.position_day.alias("earlier")
    own = and_(one_of(t.c.customer_no, numbers), store.mine(scope, t))
    before = select(func.max(earlier.c.bank_date)).where(
        earlier.c.customer_no == t.c.customer_no, earlier.c.bank_date < since
    )
    query = select(t).where(own, t.c.bank_date >= func.coalesce(before.scalar_subquery(), since))
    return await tx.all(query.order_by(t.c.bank_date, t.c.customer_no).limit(POSITIONS_MAX * len(numbers)))
