"""SQL of duplicates: whom a customer may be already, the list of pairs to look at, and what was said of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Row, TextClause, and_, literal, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.customers import tables
from haoyou.centers.customers.store import mine, place
from haoyou.kernel.ctx import Tx
from haoyou.kernel.db.scope import one_of
from haoyou.kernel.principal import Scope

ALIKE_MAX = 20  # looked at by one trace of one customer: a telephone of a whole village says nothing of any one

_C, _D = tables.customer, tables.duplicate
_TRACES = ("no", "kind", "name", "id_kind", "id_index", "uscc", "phone_index", "phone_tail_index", "birth_index")


def _by(condition: str) -> str:
    return f"(select o.no from customers.customer o where {condition} and o.no <> g.no limit {ALIKE_MAX})"  # noqa: S608 (our own conditions)


_ALIKE = text(
    "select g.no as one, o.no as two from customers.customer g cross join lateral ("  # noqa: S608 (our own conditions)
    f"{_by('o.id_index = g.id_index')} union {_by('o.uscc = g.uscc')} union {_by('o.phone_index = g.phone_index')}"
    f" union {_by('o.phone_tail_index = g.phone_tail_index and o.name = g.name')}"
    f" union {_by('o.birth_index = g.birth_index')}) o"
    " where g.no = any(cast(:numbers as int[])) order by 1, 2"
)
_ADD = text(
    "insert into customers.duplicate (customer_no, other_no, institution_id, manager_id, line, score, reasons,"
    "  found_on, state)"
    " select c.no, n.other_no, c.institution_id, c.manager_id, c.line, n.score, n.reasons, :on, 'open'"
    " from unnest(cast(:one as int[]), cast(:two as int[]), cast(:score as int[]), cast(:reasons as text[]))"
    "   as n (customer_no, other_no, score, reasons) join customers.customer c on c.no = n.customer_no"
    " order by 1, 2"
    " on conflict (customer_no, other_no) do update set score = excluded.score, reasons = excluded.reasons"
    " where duplicate.state = 'open' and (duplicate.score, duplicate.reasons) is distinct from"
    "   (excluded.score, excluded.reasons)"
)


def alike_query(numbers: Collection[int]) -> TextClause:
    return _ALIKE.bindparams(numbers=sorted(numbers))


async def list_alike(tx: Tx, *, numbers: Collection[int]) -> list[tuple[int, int]]:
    """Pairs of one of these customers and another with whom they share a trace, as far as the reader sees them."""
    return [(row.one, row.two) for row in await tx.all(alike_query(numbers))]


async def list_traces(tx: Tx, *, numbers: Collection[int]) -> Sequence[Row[Any]]:
    """What customers are compared by."""
    return await tx.all(select(*(_C.c[name] for name in _TRACES)).where(one_of(_C.c.no, numbers)))


async def list_different(tx: Tx, *, numbers: Collection[int]) -> set[tuple[int, int]]:
    """Pairs, from either end, of which somebody has said that they are two customers."""
    query = select(_D.c.customer_no, _D.c.other_no).where(one_of(_D.c.customer_no, numbers), _D.c.state == "different")
    return {(row.customer_no, row.other_no) for row in await tx.all(query)}


async def put_open(tx: Tx, found: Mapping[tuple[int, int], tuple[int, str]], *, of: Collection[int], on: date) -> None:
    """What is open of these customers is exactly what was found: pair, each once → score and reasons."""
    # Held in the order in which everybody holds them: a row of a pair refers to both of its customers.
    held = set(of).union(*found)
    await tx.run(
        select(_C.c.no).where(one_of(_C.c.no, held)).order_by(_C.c.no).with_for_update(read=True, key_share=True)
    )
    ends = [(a, b, said) for (one, two), said in found.items() for a, b in ((one, two), (two, one))]
    stands = select(_D.c.customer_no, _D.c.other_no).where(
        _D.c.state == "open", or_(one_of(_D.c.customer_no, of), one_of(_D.c.other_no, of))
    )
    gone = {(row.customer_no, row.other_no) for row in await tx.all(stands)} - {(a, b) for a, b, _ in ends}
    if gone:
        await tx.run(_D.delete().where(tuple_(_D.c.customer_no, _D.c.other_no).in_(sorted(gone))))
    if ends:
        values = {
            "one": [a for a, _, _ in ends],
            "two": [b for _, b, _ in ends],
            "score": [score for _, _, (score, _) in ends],
            "reasons": [reasons for _, _, (_, reasons) in ends],
        }
        await tx.run(_ADD, values | {"on": on})


async def forget(tx: Tx, *, number: int) -> None:
    """Take away what is open of a number that is no customer of its own any more."""
    about = or_(_D.c.customer_no == number, _D.c.other_no == number)
    await tx.run(_D.delete().where(about, _D.c.state == "open"))


async def declare_different(
    tx: Tx, *, one: Row[Any], other: Row[Any], by: int, at: datetime, on: date, reason: str
) -> None:
    """Somebody has looked: these two (customers' rows) are not the same, and are not asked about again."""
    said = {"state": "different", "decided_by": by, "decided_at": at, "decided_reason": reason}
    rows = [
        place(here) | said | {"customer_no": here.no, "other_no": there.no, "score": 0, "reasons": "", "found_on": on}
        for here, there in ((one, other), (other, one))
    ]
    statement = insert(_D).values(rows)
    await tx.run(statement.on_conflict_do_update(index_elements=[_D.c.customer_no, _D.c.other_no], set_=said))


def open_query(scope: Scope, *, after: Sequence[Any] | None, limit: int) -> Any:
    """Open pairs with an end in sight, each once, the surest first; `other_seen` says whether both are in sight."""
    seen = and_(_C.c.no == _D.c.other_no, mine(scope, _C))
    once = or_(_C.c.no.is_(None), _D.c.customer_no < _D.c.other_no)
    query = (
        select(_D, _C.c.no.is_not(None).label("other_seen"))
        .select_from(_D.outerjoin(_C, seen))
        .where(_D.c.state == "open", mine(scope, _D), once)
        .order_by(_D.c.score.desc(), _D.c.customer_no, _D.c.other_no)
        .limit(limit)
    )
    if after:
        score, *pair = after
        position = tuple_(*(literal(one, BigInteger) for one in (-score, *pair)))  # whatever a forged cursor says
        query = query.where(tuple_(-_D.c.score, _D.c.customer_no, _D.c.other_no) > position)
    return query


async def list_open(tx: Tx, scope: Scope, *, after: Sequence[Any] | None, limit: int) -> Sequence[Row[Any]]:
    return await tx.all(open_query(scope, after=after, limit=limit))


async def list_of(tx: Tx, scope: Scope, *, numbers: Collection[int]) -> Sequence[Row[Any]]:
    """All that stands of one customer (all their numbers), open or declared different."""
    query = select(_D).where(one_of(_D.c.customer_no, numbers), mine(scope, _D))
    return await tx.all(query.order_by(_D.c.state.desc(), _D.c.score.desc(), _D.c.other_no).limit(ALIKE_MAX))
