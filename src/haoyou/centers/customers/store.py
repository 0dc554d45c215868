"""SQL of customers as staff read them: one customer and their contacts. Lists stand in listing_store."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Table, func, select, tuple_, union_all, update
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.customers import contract, tables
from haoyou.kernel.ctx import Tx
from haoyou.kernel.db.scope import narrow, one_of
from haoyou.kernel.money import Money
from haoyou.kernel.principal import Scope

_C, _L, _M, _P = tables.customer, tables.listing, tables.member, tables.profile


_OLD = _C.alias("old")


def mine(scope: Scope, table: Table = tables.listing) -> ColumnElement[bool]:
    """The explicit half of the data scope for a table of this room."""
    row = table.c.no if table is tables.customer else table.c.customer_no
    return narrow(scope, unit=table.c.institution_id, owner=table.c.manager_id, line=table.c.line, row=row)


def cards() -> Select[*tuple[Any, ...]]:
    return select(
        _C.c.no,
        _C.c.id,
        _C.c.code,
        _C.c.name,
        _C.c.kind,
        _C.c.line,
        _C.c.phone,
        _C.c.institution_id,
        _C.c.manager_id,
        _L.c.tier,
        _L.c.aum_minor,
        _L.c.deposits_minor,
        _L.c.loans_minor,
        _L.c.currency,
        _L.c.as_of,
        _L.c.last_contact_on,
        _L.c.next_maturity_on,
        _L.c.open_opportunities,
        _L.c.sort_name,
        _L.c.members,
    ).join_from(_L, _C, _C.c.no == _L.c.customer_no)


def card(row: Row[Any]) -> contract.Card:
    return contract.Card(
        no=row.no,
        id=row.id,
        code=row.code,
        name=row.name,
        kind=row.kind,
        line=row.line,
        tier=row.tier,
        aum=Money(row.aum_minor, row.currency),
        institution_id=row.institution_id,
        manager_id=row.manager_id or None,
    )


async def list_cards(tx: Tx, scope: Scope, *, numbers: Sequence[int]) -> Sequence[Row[Any]]:
    return await tx.all(cards().where(_L.c.customer_no.in_(numbers), mine(scope)))


async def list_cards_of(tx: Tx, scope: Scope, *, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    return await tx.all(cards().where(_C.c.id.in_(ids), mine(scope)))


async def find_cards(tx: Tx, scope: Scope, *, numbers: Sequence[int]) -> dict[int, Row[Any]]:
    """By the numbers asked for; of one that was merged into another customer, that customer's row."""
    found = {row.no: row for row in await list_cards(tx, scope, numbers=numbers)}
    missing = [number for number in numbers if number not in found]
    survivors = await list_survivors(tx, numbers=missing) if missing else {}
    if survivors:
        rows = {row.no: row for row in await list_cards(tx, scope, numbers=sorted(set(survivors.values())))}
        found |= {number: rows[survivor] for number, survivor in survivors.items() if survivor in rows}
    return found


async def list_survivors(tx: Tx, *, numbers: Collection[int]) -> dict[int, int]:
    """Of those of these numbers that were merged into another customer: that customer's number."""
    merged = (one_of(_M.c.customer_no, numbers), _M.c.survivor_no != _M.c.customer_no)
    rows = await tx.all(select(_M.c.customer_no, _M.c.survivor_no).where(*merged))
    return {row.customer_no: row.survivor_no for row in rows}


async def list_members(tx: Tx, row: Row[Any]) -> list[int]:
    """All numbers of a customer (the card's row), their own first."""
    if row.members == 1:
        return [row.no]
    others = await tx.all(
        select(_M.c.customer_no)
        .where(_M.c.survivor_no == row.no, _M.c.customer_no != row.no)
        .order_by(_M.c.customer_no)
    )
    return [row.no, *(other.customer_no for other in others)]


async def find_card(tx: Tx, scope: Scope, *, customer_id: UUID) -> Row[Any] | None:
    """By the id of any of the customer's numbers: whoever was merged answers as the customer they were merged into."""
    row = await tx.first(cards().where(_C.c.id == customer_id, mine(scope)))
    return row if row is not None else await tx.first(_survivor_of(_OLD.c.id == customer_id, scope))


def _survivor_of(condition: ColumnElement[bool], scope: Scope) -> Select[*tuple[Any, ...]]:
    """The card of the customer into whom those were merged of whom the condition holds, with their number and code."""
    query = cards().join(_M, _M.c.survivor_no == _C.c.no).join(_OLD, _OLD.c.no == _M.c.customer_no)
    return query.add_columns(_OLD.c.no.label("asked_no"), _OLD.c.code.label("asked_code")).where(
        condition, _M.c.survivor_no != _M.c.customer_no, mine(scope)
    )


async def find_cards_by_code(tx: Tx, scope: Scope, *, codes: Sequence[str]) -> dict[tuple[int, str], Row[Any]]:
    """By number and code as asked for (another system may have the same code for somebody else)."""
    rows = await tx.all(cards().where(_C.c.code.in_(codes), mine(scope)))
    found = {(row.no, row.code): row for row in rows}
    missing = set(codes).difference(code for _, code in found)
    merged = await tx.all(_survivor_of(one_of(_OLD.c.code, missing), scope)) if missing else ()
    return found | {(row.asked_no, row.asked_code): row for row in merged}


async def count_at(tx: Tx, scope: Scope, *, institution_ids: Sequence[int]) -> int:
    """How many customers within the scope belong to these institutions."""
    here = _C.c.institution_id.in_(institution_ids)
    return await tx.value(select(func.count()).select_from(_C).where(here, mine(scope, _C)))


async def count_managed(tx: Tx, scope: Scope, *, staff_id: int) -> int:
    return await tx.value(select(func.count()).select_from(_L).where(_L.c.manager_id == staff_id, mine(scope)))


async def search_index(tx: Tx, scope: Scope, *, column: str, value: str, limit: int) -> list[int]:
    """Customers whose keyed fingerprint in `column` is this one."""
    query = select(_C.c.no).where(_C.c[column] == value, mine(scope, _C)).order_by(_C.c.no).limit(limit)
    return [row.no for row in await tx.all(query)]


async def get_profile(tx: Tx, *, number: int) -> Row[Any]:
    query = select(_C, _P.c.address, _P.c.occupation, _P.c.risk_level).outerjoin(_P, _P.c.customer_no == _C.c.no)
    row = await tx.first(query.where(_C.c.no == number))
    assert row, "its card was just read in this transaction"
    return row


async def list_holdings(tx: Tx, *, numbers: Sequence[int]) -> Sequence[Row[Any]]:
    t = tables.holding
    return await tx.all(select(t).where(one_of(t.c.customer_no, numbers)).order_by(t.c.opened_on, t.c.id).limit(200))


async def list_assignments(tx: Tx, *, number: int) -> Sequence[Row[Any]]:
    """What feed and house said of who looks after a customer, the newest first; without what was taken back."""
    t, d = tables.assignment, tables.decision
    columns = ("staff_id", "kind", "from_date", "to_date")
    feed = select(*(t.c[name] for name in columns)).where(t.c.customer_no == number)
    house = select(*(d.c[name] for name in columns)).where(
        d.c.customer_no == number, d.c.holds, d.c.staff_id > 0, d.c.withdrawn_at.is_(None)
    )
    both = union_all(feed, house).subquery()
    return await tx.all(select(both).order_by(both.c.from_date.desc(), both.c.kind.desc()).limit(50))


async def list_contacts(
    tx: Tx, *, numbers: Sequence[int], after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    t = tables.contact
    these = (one_of(t.c.customer_no, numbers), t.c.withdrawn.is_(False))
    query = select(t).where(*these).order_by(t.c.made_at.desc(), t.c.id.desc()).limit(limit)
    return await tx.all(query.where(tuple_(t.c.made_at, t.c.id) < tuple_(*after)) if after else query)


async def lock_customer(tx: Tx, scope: Scope, *, number: int) -> Row[Any] | None:
    """The customer's row, held: contacts with one customer are decided one after another."""
    return await tx.first(select(_C).where(_C.c.no == number, mine(scope, _C)).with_for_update())


async def lock_customers(tx: Tx, scope: Scope, *, numbers: Sequence[int]) -> Sequence[Row[Any]]:
    """All numbers of one customer, held in their order."""
    query = select(_C).where(one_of(_C.c.no, numbers), mine(scope, _C)).order_by(_C.c.no)
    return await tx.all(query.with_for_update())


async def is_refused(tx: Tx, *, numbers: Sequence[int], channel: str) -> bool:
    """Whether any of these numbers of one customer said no to this channel."""
    t = tables.consent
    refused = select(t.c.customer_no).where(one_of(t.c.customer_no, numbers), t.c.channel == channel, ~t.c.granted)
    return await tx.value(refused.limit(1)) is not None


async def drop_expired(tx: Tx, *, numbers: Sequence[int], now: datetime) -> None:
    t = tables.reservation
    over = (one_of(t.c.customer_no, numbers), t.c.state == "reserved", t.c.expires_at < now)
    await tx.run(t.delete().where(*over))


async def list_reservations(tx: Tx, *, numbers: Sequence[int], since: date) -> Sequence[Row[Any]]:
    t = tables.reservation
    return await tx.all(select(t).where(one_of(t.c.customer_no, numbers), t.c.bank_date >= since))


async def find_reservation(tx: Tx, *, reservation_id: UUID) -> Row[Any] | None:
    t = tables.reservation
    return await tx.first(select(t).where(t.c.id == reservation_id))


async def add_reservation(tx: Tx, customer: Row[Any], values: dict[str, Any]) -> bool:
    """False when the id is taken, maybe by a reservation that the caller may not see."""
    t = tables.reservation
    row = values | place(customer) | {"customer_no": customer.no}
    return await tx.run(insert(t).values(row).on_conflict_do_nothing(index_elements=[t.c.id])) == 1


def place(customer: Row[Any]) -> dict[str, Any]:
    """The scope columns of a row about this customer."""
    return {
        "institution_id": customer.institution_id,
        "manager_id": customer.manager_id,
        "line": customer.line,
    }


async def set_reservation_state(tx: Tx, *, reservation_id: UUID, state: str) -> None:
    t = tables.reservation
    await tx.run(update(t).where(t.c.id == reservation_id).values(state=state))


async def add_contact(tx: Tx, customer: Row[Any], values: dict[str, Any]) -> bool:
    """Whether the contact was new."""
    t = tables.contact
    row = values | place(customer) | {"customer_no": customer.no}
    return await tx.run(insert(t).values(row).on_conflict_do_nothing(index_elements=[t.c.id])) == 1


async def set_consent(tx: Tx, customer: Row[Any], values: dict[str, Any]) -> None:
    t = tables.consent
    statement = insert(t).values(values | place(customer) | {"customer_no": customer.no})
    changed = {name: statement.excluded[name] for name in ("granted", "staff_id", "said_at")}
    await tx.run(statement.on_conflict_do_update(index_elements=[t.c.customer_no, t.c.channel], set_=changed))


async def grant_everywhere(tx: Tx, *, numbers: Sequence[int], channel: str, staff_id: int, at: datetime) -> None:
    """A yes lifts what was refused under any other number of the same customer."""
    t = tables.consent
    refused = (one_of(t.c.customer_no, numbers), t.c.channel == channel, ~t.c.granted)
    await tx.run(update(t).where(*refused).values(granted=True, staff_id=staff_id, said_at=at))


async def list_refused_channels(tx: Tx, *, numbers: Sequence[int]) -> list[str]:
    t = tables.consent
    query = select(t.c.channel).where(one_of(t.c.customer_no, numbers), t.c.granted.is_(False)).distinct()
    return sorted(row.channel for row in await tx.all(query))
