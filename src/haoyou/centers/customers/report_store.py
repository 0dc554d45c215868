"""SQL of reports: drafts, headers, the texts that never change, readers and next steps.

The level is asked twice: here, and by the policies of report_text and report_step. A header alone says that there is a
report and follows its customer when that changes hands; nothing here answers one without its text.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, literal, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.customers import store, tables
from haoyou.kernel.ctx import Tx
from haoyou.kernel.db.scope import one_of
from haoyou.kernel.principal import Principal

_D, _R, _T, _S = tables.report_draft, tables.report, tables.report_text, tables.report_step
_N, _C, _L, _K, _H = tables.report_reader, tables.customer, tables.listing, tables.contact, tables.holding
_NORMAL, _RESTRICTED, _FILED, _WITHDRAWN = "normal", "restricted", "filed", "withdrawn"
SENIOR = "customers.confidential"
"""The right of managers to read what is restricted."""

_SAY_SENIOR = text("select set_config('app.senior', 'on', true)")


async def say_rights(tx: Tx, principal: Principal) -> None:
    """Tell the policies of this transaction that its reader is one of the managers."""
    if SENIOR in principal.permissions:
        await tx.run(_SAY_SENIOR)


def readable(principal: Principal) -> ColumnElement[bool]:
    """The condition that this person may read a report (a row of `report`)."""
    scope = principal.scope
    theirs = select(literal(1)).select_from(_N).where(_N.c.report_id == _R.c.id, _N.c.staff_id == scope.owner)
    named = exists(theirs.correlate(_R))
    units = scope.units if SENIOR in principal.permissions else ()
    above = store.mine(replace(scope, units=units, extra=()), _R)
    return or_(
        named,
        and_(_R.c.level == _NORMAL, store.mine(scope, _R)),
        and_(_R.c.level == _RESTRICTED, above),
    )


def _reports(principal: Principal) -> Select[*tuple[Any, ...]]:
    """Headers with the text that holds; the customer only where the reader may see it."""
    seen = and_(_C.c.no == _R.c.customer_no, store.mine(principal.scope, _C))
    open_steps = select(func.count()).select_from(_S).where(_S.c.report_id == _R.c.id, _S.c.done_at.is_(None))
    waiting = open_steps.correlate(_R).scalar_subquery()
    return (
        select(_R, _T.c.content, _C.c.id.label("customer_id"), waiting.label("open_steps"))
        .select_from(_R.join(_T, and_(_T.c.report_id == _R.c.id, _T.c.number == _R.c.version)).outerjoin(_C, seen))
        .where(readable(principal))
    )


async def find_report(tx: Tx, principal: Principal, *, report_id: UUID) -> Row[Any] | None:
    return await tx.first(_reports(principal).where(_R.c.id == report_id))


async def list_of_customer(
    tx: Tx, principal: Principal, *, numbers: Sequence[int], after: tuple[date, UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    """The newest meeting first."""
    query = _reports(principal).where(one_of(_R.c.customer_no, numbers))
    return await tx.all(_page(query, after, limit))


async def list_named(
    tx: Tx, principal: Principal, *, after: tuple[date, UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    """What this person wrote or is named in, the newest meeting first."""
    query = _reports(principal).join(_N, and_(_N.c.report_id == _R.c.id, _N.c.staff_id == principal.scope.owner))
    return await tx.all(_page(query, after, limit))


def _page(query: Select[*tuple[Any, ...]], after: tuple[date, UUID] | None, limit: int) -> Select[*tuple[Any, ...]]:
    if after:
        query = query.where(tuple_(_R.c.met_on, _R.c.id) < tuple_(*after))
    return query.order_by(_R.c.met_on.desc(), _R.c.id.desc()).limit(limit)


async def lock_header(tx: Tx, *, report_id: UUID) -> Row[Any] | None:
    """The caller has just read the report: two changes of one report come one after the other."""
    return await tx.first(select(_R).where(_R.c.id == report_id).with_for_update())


async def list_texts(tx: Tx, *, report_id: UUID, limit: int) -> Sequence[Row[Any]]:
    return await tx.all(select(_T).where(_T.c.report_id == report_id).order_by(_T.c.number.desc()).limit(limit))


async def list_steps(tx: Tx, *, report_id: UUID, limit: int) -> Sequence[Row[Any]]:
    return await tx.all(select(_S).where(_S.c.report_id == report_id).order_by(_S.c.number).limit(limit))


async def list_readers(tx: Tx, *, report_id: UUID) -> list[int]:
    """Those whom the author named, told to the author only."""
    rows = await tx.all(select(_N.c.staff_id).where(_N.c.report_id == report_id).order_by(_N.c.staff_id).limit(200))
    return [row.staff_id for row in rows]


async def find_of_contacts(tx: Tx, principal: Principal, *, contacts: Sequence[UUID]) -> dict[UUID, UUID]:
    """The report of each of these contacts, where there is one that the reader may read."""
    filed = and_(one_of(_R.c.contact_id, contacts), _R.c.state == _FILED, readable(principal))
    read = _R.join(_T, and_(_T.c.report_id == _R.c.id, _T.c.number == _R.c.version))
    query = select(_R.c.contact_id, _R.c.id).select_from(read).where(filed).order_by(_R.c.filed_at.desc())
    rows = await tx.all(query.limit(1_000))
    return {row.contact_id: row.id for row in rows}


def _drafts(principal: Principal) -> Select[*tuple[Any, ...]]:
    seen = and_(_C.c.no == _D.c.customer_no, store.mine(principal.scope, _C))
    columns = (_C.c.id.label("customer_id"), _C.c.name.label("about_name"), _C.c.code.label("about_number"))
    return select(_D, *columns).join_from(_D, _C, seen).where(_D.c.author_id == principal.id)


async def find_draft(tx: Tx, principal: Principal, *, report_id: UUID, lock: bool = False) -> Row[Any] | None:
    query = _drafts(principal).where(_D.c.id == report_id)
    return await tx.first(query.with_for_update(of=_D) if lock else query)


async def list_drafts(
    tx: Tx, principal: Principal, *, numbers: Sequence[int] | None = None, limit: int
) -> Sequence[Row[Any]]:
    """My drafts, of one customer or of all whom I may see, the last touched first."""
    query = _drafts(principal).order_by(_D.c.saved_at.desc(), _D.c.id).limit(limit)
    return await tx.all(query if numbers is None else query.where(one_of(_D.c.customer_no, numbers)))


async def save_draft(
    tx: Tx, *, report_id: UUID, number: int, author: int, body: Mapping[str, Any], before: int, at: datetime
) -> bool:
    """False when the draft is no longer at version `before` (0: there is none yet), or the id is somebody else's."""
    if before == 0:
        values = {
            "id": report_id,
            "customer_no": number,
            "author_id": author,
            "body": body,
            "version": 1,
            "saved_at": at,
        }
        return await tx.run(insert(_D).values(values).on_conflict_do_nothing(index_elements=[_D.c.id])) == 1
    mine = and_(_D.c.id == report_id, _D.c.author_id == author, _D.c.customer_no == number, _D.c.version == before)
    return await tx.run(update(_D).where(mine).values(body=body, version=before + 1, saved_at=at)) == 1


async def drop_draft(tx: Tx, *, report_id: UUID, author: int) -> bool:
    return await tx.run(_D.delete().where(_D.c.id == report_id, _D.c.author_id == author)) == 1


async def add_report(tx: Tx, customer: Row[Any], values: Mapping[str, Any]) -> bool:
    """False when the id is taken by a report that the caller may not see."""
    row = dict(values) | store.place(customer) | {"customer_no": customer.no}
    return await tx.run(insert(_R).values(row).on_conflict_do_nothing(index_elements=[_R.c.id])) == 1


async def add_text(tx: Tx, values: Mapping[str, Any]) -> None:
    await tx.run(insert(_T).values(dict(values)))


async def add_steps(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await tx.run(insert(_S), list(rows))


async def set_readers(tx: Tx, *, report_id: UUID, author: int, readers: Iterable[int]) -> None:
    """Exactly these people are named."""
    wanted = sorted(readers)
    await tx.run(_N.delete().where(_N.c.report_id == report_id, ~one_of(_N.c.staff_id, wanted)))
    rows = [{"report_id": report_id, "staff_id": one, "author_id": author} for one in wanted]
    await tx.run(insert(_N).on_conflict_do_nothing(), rows)


async def set_version(tx: Tx, *, report_id: UUID, version: int, met_on: date) -> None:
    await tx.run(update(_R).where(_R.c.id == report_id).values(version=version, met_on=met_on))


async def withdraw(tx: Tx, *, report_id: UUID, version: int, at: datetime) -> None:
    said = {"state": _WITHDRAWN, "version": version, "withdrawn_at": at}
    await tx.run(update(_R).where(_R.c.id == report_id).values(said))


async def withdraw_contact(tx: Tx, *, number: int, contact_id: UUID) -> None:
    """The contact that came with a report goes with it."""
    await tx.run(update(_K).where(_K.c.id == contact_id, _K.c.customer_no == number).values(withdrawn=True))


async def set_step_done(tx: Tx, *, report_id: UUID, number: int, by: int, at: datetime) -> bool:
    """False when it was done before."""
    waiting = and_(_S.c.report_id == report_id, _S.c.number == number, _S.c.done_at.is_(None))
    return await tx.run(update(_S).where(waiting).values(done_by=by, done_at=at)) == 1


async def find_contact(tx: Tx, *, numbers: Sequence[int], contact_id: UUID) -> Row[Any] | None:
    """A contact of this customer, whom the caller was just found to see."""
    mine = (_K.c.id == contact_id, one_of(_K.c.customer_no, numbers), _K.c.withdrawn.is_(False))
    return await tx.first(select(_K).where(*mine))


async def list_owned(tx: Tx, principal: Principal, *, ids: Sequence[int]) -> Sequence[Row[Any]]:
    """Those of these holdings that the reader may see, each with its customer's name."""
    about = _H.join(_C, _C.c.no == _H.c.customer_no)
    columns = (_H.c.id, _H.c.code, _H.c.kind, _H.c.product, _H.c.customer_no, _C.c.name.label("owner"))
    query = select(*columns).select_from(about).where(one_of(_H.c.id, ids), store.mine(principal.scope, _H))
    return await tx.all(query.order_by(_H.c.opened_on, _H.c.id))


async def list_holdings_of(tx: Tx, principal: Principal, *, numbers: Sequence[int], limit: int) -> Sequence[Row[Any]]:
    """Open holdings of these customers as far as the reader sees them, the first customer's first."""
    about = _H.join(_C, _C.c.no == _H.c.customer_no)
    columns = (_H.c.id, _H.c.code, _H.c.kind, _H.c.product, _H.c.customer_no, _C.c.name.label("owner"))
    query = (
        select(*columns)
        .select_from(about)
        .where(one_of(_H.c.customer_no, numbers), _H.c.closed_on.is_(None), store.mine(principal.scope, _H))
        .order_by(_H.c.customer_no != numbers[0], _H.c.customer_no, _H.c.opened_on, _H.c.id)
    )
    return await tx.all(query.limit(limit))


async def find_customers(tx: Tx, principal: Principal, *, ids: Sequence[UUID]) -> set[UUID]:
    """Those of these customers that the reader may see."""
    rows = await tx.all(select(_C.c.id).where(one_of(_C.c.id, ids), store.mine(principal.scope, _C)))
    return {row.id for row in rows}
