"""SQL of who looks after whom: what feed and house have said, changes of hands, and the bank days lived through."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Table, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.customers import rules, tables
from haoyou.centers.customers.store import mine
from haoyou.kernel.ctx import Tx
from haoyou.kernel.db.scope import one_of
from haoyou.kernel.principal import Scope

WORDS_MAX = 20_000  # of a batch of 1,000 customers; twenty changes of hands each are a lifetime
HISTORY_MAX = 100

_C, _L, _M = tables.customer, tables.listing, tables.member
_A, _D = tables.assignment, tables.decision

_VERSIONS = text(
    "update customers.customer set handover_version = greatest(handover_version + 1, :least)"
    " where no = any(:numbers) returning no, handover_version"
)
_CHANGING = text(
    "select distinct customer_no from ("
    "  select customer_no from customers.assignment where kind = 'primary' and customer_no > :after"
    "   and (from_date > :since and from_date <= :today or to_date >= :since and to_date < :today)"
    "  union all select customer_no from customers.decision where kind = 'primary' and withdrawn_at is null"
    "   and customer_no > :after"
    "   and (from_date > :since and from_date <= :today or to_date >= :since and to_date < :today)"
    ") w order by customer_no limit :limit"
)


async def list_words(tx: Tx, *, numbers: Sequence[int]) -> dict[int, list[rules.Word]]:
    """All that was said of the managing RM of these customers and not taken back."""
    said: dict[int, list[rules.Word]] = defaultdict(list)
    feed = select(_A).where(one_of(_A.c.customer_no, numbers), _A.c.kind == "primary").limit(WORDS_MAX)
    for row in await tx.all(feed):
        said[row.customer_no].append(rules.Word(row.staff_id, row.from_date, row.to_date))
    live = (one_of(_D.c.customer_no, numbers), _D.c.kind == "primary", _D.c.withdrawn_at.is_(None))
    for row in await tx.all(select(_D).where(*live).limit(WORDS_MAX)):
        said[row.customer_no].append(_word(row))
    return said


def _word(row: Row[Any]) -> rules.Word:
    return rules.Word(row.staff_id, row.from_date, row.to_date, house=True, order=row.id, holds=row.holds)


async def list_assisted(tx: Tx, *, staff_id: int, on: date, limit: int) -> list[int]:
    """Customers this person assists with on that day, by number."""
    said: dict[int, list[rules.Word]] = defaultdict(list)
    feed = select(_A).where(_A.c.staff_id == staff_id, _A.c.kind == "assisting", _A.c.from_date <= on)
    for row in await tx.all(feed.limit(WORDS_MAX)):
        said[row.customer_no].append(rules.Word(row.staff_id, row.from_date, row.to_date))
    house = select(_D).where(
        _D.c.staff_id == staff_id, _D.c.kind == "assisting", _D.c.from_date <= on, _D.c.withdrawn_at.is_(None)
    )
    for row in await tx.all(house.limit(WORDS_MAX)):
        said[row.customer_no].append(_word(row))
    return sorted(number for number, words in said.items() if rules.manager_on(words, on))[:limit]


async def next_versions(tx: Tx, *, numbers: Sequence[int], least: int) -> dict[int, int]:
    """A number for each change of hands; for one customer it only grows, whichever day feed and house live in."""
    rows = await tx.all(_VERSIONS, {"numbers": list(numbers), "least": least})
    return {row.no: row.handover_version for row in rows}


def _give(table: Table) -> Any:
    number = "no" if table is _C else "customer_no"
    return text(
        f"update {table.fullname} t set institution_id = n.institution_id, manager_id = n.manager_id, line = n.line"  # noqa: S608 (names of our own tables)
        " from unnest(cast(:numbers as int[]), cast(:institutions as int[]), cast(:managers as int[]),"
        "   cast(:lines as text[])) as n (customer_no, institution_id, manager_id, line)"
        f" where t.{number} = n.customer_no and (t.institution_id, t.manager_id, t.line) is distinct from"
        "   (n.institution_id, n.manager_id, n.line)"
    )


_GIVE = tuple(_give(table) for table in tables.SCOPED)


async def give(tx: Tx, places: Mapping[int, rules.Place]) -> None:
    """Write the new place of these customers on every row that is about them."""
    values = {
        "numbers": list(places),
        "institutions": [one.institution_id for one in places.values()],
        "managers": [one.manager_id for one in places.values()],
        "lines": [one.line for one in places.values()],
    }
    for statement in _GIVE:
        await tx.run(statement, values)


async def lock_customers(tx: Tx, *, numbers: Sequence[int]) -> Sequence[Row[Any]]:
    """These customers, held in the order of their numbers so that two changes of hands never wait for each other."""
    query = select(_C.c.no, _C.c.id, _C.c.institution_id, _C.c.manager_id, _C.c.line, _C.c.handover_version)
    return await tx.all(query.where(one_of(_C.c.no, numbers)).order_by(_C.c.no).with_for_update())


async def lock_customer(tx: Tx, scope: Scope, *, customer_id: Any) -> Row[Any] | None:
    """By the id of any of the customer's numbers: the house decides about the customer they are merged into."""
    asked = _C.alias("asked")
    number = select(func.coalesce(_M.c.survivor_no, asked.c.no)).select_from(
        asked.outerjoin(_M, _M.c.customer_no == asked.c.no)
    )
    of_id = number.where(asked.c.id == customer_id).scalar_subquery()
    return await tx.first(select(_C).where(_C.c.no == of_id, mine(scope, _C)).with_for_update())


async def add_decisions(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    await tx.run(insert(_D), list(rows))


async def list_history(tx: Tx, *, number: int) -> tuple[Sequence[Row[Any]], Sequence[Row[Any]]]:
    """What the feed and what the house said, the newest first."""
    feed = select(_A).where(_A.c.customer_no == number).order_by(_A.c.from_date.desc(), _A.c.kind.desc())
    house = select(_D).where(_D.c.customer_no == number).order_by(_D.c.id.desc())
    return await tx.all(feed.limit(HISTORY_MAX)), await tx.all(house.limit(HISTORY_MAX))


async def count_held(tx: Tx, *, staff: Sequence[int]) -> dict[int, int]:
    """How many customers each of these people manages, as far as the reader sees them."""
    query = (
        select(_L.c.manager_id, func.count().label("held"))
        .where(one_of(_L.c.manager_id, staff))
        .group_by(_L.c.manager_id)
    )
    return {row.manager_id: row.held for row in await tx.all(query)}


async def withdraw(tx: Tx, *, numbers: Sequence[int], move_id: Any, by: int, at: datetime) -> None:
    """Take back what a move decided about these customers."""
    mine_here = (_D.c.move_id == move_id, one_of(_D.c.customer_no, numbers), _D.c.withdrawn_at.is_(None))
    await tx.run(update(_D).where(*mine_here).values(withdrawn_by=by, withdrawn_at=at))


async def list_changing(tx: Tx, *, since: date, today: date, after: int, limit: int) -> list[int]:
    """Customers of whom some word begins to hold, or ceases to, after `since` and up to today."""
    rows = await tx.all(_CHANGING, {"since": since, "today": today, "after": after, "limit": limit})
    return [row.customer_no for row in rows]


async def begin_day(tx: Tx, *, business_date: date) -> date | None:
    """Note a bank day; answers the one before it, nothing for the first."""
    t = tables.bank_day
    before = await tx.value(select(func.max(t.c.business_date)).where(t.c.business_date < business_date))
    await tx.run(insert(t).values(business_date=business_date).on_conflict_do_nothing())
    return before


async def bank_days_ago(tx: Tx, *, today: date, days: int) -> date | None:
    """The bank day so many bank days before today; nothing while this room has not lived through so many."""
    t = tables.bank_day
    query = select(t.c.business_date).where(t.c.business_date < today).order_by(t.c.business_date.desc())
    return await tx.value(query.offset(days - 1).limit(1))
