"""SQL of the open pool: customers whom nobody manages, claims, and what became of them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.customers import tables
from haoyou.centers.customers.store import mine
from haoyou.kernel.ctx import Tx
from haoyou.kernel.db.scope import one_of
from haoyou.kernel.principal import Scope

_C, _L, _D = tables.customer, tables.listing, tables.decision

_LAST = text(
    "select distinct on (customer_no) customer_no, origin, reason, decided_on, before_id from customers.decision"
    " where customer_no = any(:numbers) and kind = 'primary' and withdrawn_at is null"
    " order by customer_no, id desc"
)


async def list_page(tx: Tx, scope: Scope, *, after: tuple[int, int] | None, limit: int) -> Sequence[Row[Any]]:
    """Customers without a manager, the wealthiest first."""
    query = (
        select(
            _C.c.no,
            _C.c.id,
            _C.c.code,
            _C.c.name,
            _C.c.kind,
            _C.c.line,
            _C.c.institution_id,
            _L.c.tier,
            _L.c.aum_minor,
            _L.c.last_contact_on,
        )
        .join_from(_L, _C, _C.c.no == _L.c.customer_no)
        .where(_L.c.manager_id == 0, mine(scope))
        .order_by(_L.c.aum_minor.desc(), _L.c.customer_no)
        .limit(limit)
    )
    if after:
        aum, number = after
        query = query.where(or_(_L.c.aum_minor < aum, and_(_L.c.aum_minor == aum, _L.c.customer_no > number)))
    return await tx.all(query)


async def count(tx: Tx, scope: Scope, *, most: int) -> int | None:
    """Exact up to `most`, beyond that nothing."""
    some = select(_L.c.customer_no).where(_L.c.manager_id == 0, mine(scope)).limit(most + 1).subquery()
    found = await tx.value(select(func.count()).select_from(some))
    return found if found <= most else None


async def list_last(tx: Tx, *, numbers: Sequence[int]) -> dict[int, Row[Any]]:
    """The house's last word about the manager of these customers."""
    return {row.customer_no: row for row in await tx.all(_LAST, {"numbers": list(numbers)})}


async def list_cooling(tx: Tx, *, numbers: Sequence[int], staff_id: int, since: date | None) -> set[int]:
    """Of these customers, those that went back from this manager for want of a contact, after `since`."""
    conditions = [one_of(_D.c.customer_no, numbers), _D.c.origin == "recycle", _D.c.before_id == staff_id]
    if since is not None:
        conditions.append(_D.c.decided_on > since)
    return {row.customer_no for row in await tx.all(select(_D.c.customer_no).where(*conditions).distinct())}


async def count_claim(tx: Tx, *, staff_id: int, on: date, most: int) -> bool:
    """One more claim of this person today, unless there were as many as there may be. The row makes claims queue."""
    t = tables.claim_count
    statement = insert(t).values(staff_id=staff_id, business_date=on, claims=1)
    statement = statement.on_conflict_do_update(
        index_elements=[t.c.staff_id, t.c.business_date], set_={"claims": t.c.claims + 1}, where=t.c.claims < most
    )
    return await tx.run(statement) == 1


async def get_claims(tx: Tx, *, staff_id: int, on: date) -> int:
    t = tables.claim_count
    query = select(t.c.claims).where(t.c.staff_id == staff_id, t.c.business_date == on)
    return await tx.value(query) or 0


async def find_claim(tx: Tx, *, number: int) -> Row[Any] | None:
    """The claim by which a customer is with their manager now, if they came so."""
    query = select(_D).where(_D.c.customer_no == number, _D.c.kind == "primary", _D.c.withdrawn_at.is_(None))
    row = await tx.first(query.order_by(_D.c.id.desc()).limit(1))
    return row if row is not None and row.origin == "claim" else None


async def list_open_claims(tx: Tx, *, before: date, after: int, limit: int) -> Sequence[Row[Any]]:
    """Claims made before that day that nobody has looked at again, with what became of the customer."""
    query = (
        select(_D.c.customer_no, _D.c.staff_id, _D.c.decided_on, _L.c.manager_id, _L.c.last_contact_on)
        .join_from(_D, _L, _L.c.customer_no == _D.c.customer_no)
        .where(_D.c.open_claim, _D.c.decided_on < before, _D.c.customer_no > after)
        .order_by(_D.c.customer_no, _D.c.id)
        .limit(limit)
    )
    return await tx.all(query)


async def close_claims(tx: Tx, *, numbers: Sequence[int], before: date) -> None:
    here = (_D.c.open_claim, _D.c.decided_on < before, one_of(_D.c.customer_no, numbers))
    await tx.run(update(_D).where(*here).values(open_claim=False))
