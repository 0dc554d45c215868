"""SQL of documents: the checklist as data, and who says until when something holds."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.customers import store, tables
from haoyou.kernel.ctx import Tx
from haoyou.kernel.db.scope import one_of
from haoyou.kernel.principal import Scope

_K, _D = tables.document_kind, tables.document

_UPSERT = text(
    "insert into customers.document (customer_no, kind, origin, institution_id, manager_id, line, expires_on, noted_by,"
    " noted_at)"
    " select c.no, r.kind, 'bank', c.institution_id, c.manager_id, c.line, r.expires_on, 0, :at"
    " from unnest(cast(:customer_no as int[]), cast(:kind as text[]), cast(:expires_on as date[]))"
    "   as r (customer_no, kind, expires_on) join customers.customer c on c.no = r.customer_no"
    " on conflict (customer_no, kind, origin) do update set expires_on = excluded.expires_on,"
    "   noted_at = excluded.noted_at where document.expires_on is distinct from excluded.expires_on"
)

_DUE = text(
    "select d.customer_no, c.id, d.kind, d.origin, d.expires_on, d.institution_id, d.manager_id, d.line, k.name"
    " from customers.document d join customers.document_kind k on k.code = d.kind"
    " join customers.customer c on c.no = d.customer_no"
    " where d.expires_on between :first and :last and d.manager_id <> 0"
    " and d.reminded_for is null"
    " and not exists (select 1 from customers.document o where o.customer_no = d.customer_no and o.kind = d.kind"
    "   and o.origin <> d.origin and (o.expires_on is null or o.expires_on > d.expires_on))"
    " order by d.expires_on, d.customer_no, d.kind, d.origin limit :most for update of d"
)
_REMINDED = text(
    "update customers.document d set reminded_for = d.expires_on"
    " from unnest(cast(:customer_no as int[]), cast(:kind as text[]), cast(:origin as text[]))"
    "   as r (customer_no, kind, origin)"
    " where (d.customer_no, d.kind, d.origin) = (r.customer_no, r.kind, r.origin)"
)
_RENEWED = text(
    "update customers.document d set reminded_for = null from ("
    "   select w.customer_no, w.kind, w.origin, w.reminded_for from customers.document w"
    "   where w.reminded_for is not null and (cast(:number as int) = 0 or w.customer_no = :number) and exists ("
    "     select 1 from customers.document o where o.customer_no = w.customer_no and o.kind = w.kind"
    "     and (o.expires_on is null or o.expires_on > w.reminded_for))"
    "   order by w.customer_no, w.kind, w.origin limit :most for update of w) as old"
    " where (d.customer_no, d.kind, d.origin) = (old.customer_no, old.kind, old.origin)"
    " returning d.customer_no, d.kind, old.reminded_for"
)


async def upsert_bank_words(tx: Tx, rows: Sequence[dict[str, Any]], *, at: Any) -> None:
    """The caller holds these customers' rows."""
    names = ("customer_no", "kind", "expires_on")
    await tx.run(_UPSERT, {name: [row[name] for row in rows] for name in names} | {"at": at})


async def find_kind(tx: Tx, *, code: str, applies_to: str) -> Row[Any] | None:
    return await tx.first(select(_K).where(_K.c.code == code, _K.c.applies_to == applies_to))


async def list_checklist(tx: Tx, scope: Scope, *, numbers: Sequence[int], applies_to: str) -> Sequence[Row[Any]]:
    """Every kind that applies, with what each source says of it: one row a word, at least one a kind."""
    words = (_D.c.origin, _D.c.expires_on, _D.c.noted_by)
    joined = _K.outerjoin(_D, (_D.c.kind == _K.c.code) & one_of(_D.c.customer_no, numbers) & store.mine(scope, _D))
    query = select(_K.c.code, _K.c.name, _K.c.required, *words).select_from(joined)
    return await tx.all(query.where(_K.c.applies_to == applies_to).order_by(_K.c.place, _D.c.origin))


async def set_staff_word(tx: Tx, customer: Row[Any], values: dict[str, Any]) -> None:
    statement = insert(_D).values(values | store.place(customer) | {"customer_no": customer.no, "origin": "staff"})
    changed = {name: statement.excluded[name] for name in ("expires_on", "noted_by", "noted_at")}
    keys = [_D.c.customer_no, _D.c.kind, _D.c.origin]
    await tx.run(statement.on_conflict_do_update(index_elements=keys, set_=changed))


async def list_due(tx: Tx, *, first: date, last: date, most: int) -> Sequence[Row[Any]]:
    """Words that hold, end within the span, and about whose end nobody was reminded; held until the commit."""
    return await tx.all(_DUE, {"first": first, "last": last, "most": most})


async def set_reminded(tx: Tx, rows: Sequence[Row[Any]]) -> None:
    names = ("customer_no", "kind", "origin")
    await tx.run(_REMINDED, {name: [getattr(row, name) for row in rows] for name in names})


async def take_renewed(tx: Tx, *, number: int = 0, most: int) -> Sequence[Row[Any]]:
    """Reminders that a later word has settled, taken back: of one customer, or of all."""
    return await tx.all(_RENEWED, {"number": number, "most": most})


async def drop_staff_words(tx: Tx, *, numbers: Sequence[int], kind: str) -> None:
    own = one_of(_D.c.customer_no, numbers) & (_D.c.kind == kind) & (_D.c.origin == "staff")
    await tx.run(_D.delete().where(own))
