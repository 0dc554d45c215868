"""Documents of customers: a checklist with states, kept by the feed and by staff, and reminders before they end."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Row

from haoyou.centers.backoffice import contract as backoffice
from haoyou.centers.customers import contract, document_store, paperwork, store
from haoyou.centers.identity import contract as identity
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import NotFound
from haoyou.kernel.names import Name
from haoyou.kernel.web.problem import invalid_field

BATCH = 500  # reminders of one short write; the next batch is asked for by message
IDENTITY, RISK, LICENCE = "identity_document", "risk_assessment", "business_licence"
_FOLLOW_UPS = uuid5(NAMESPACE_URL, "haoyou:customers:document")


async def take_expiries(ctx: Ctx, tx: Tx, rows: Sequence[tuple[backoffice.CustomerFact, int]]) -> None:
    """What a batch of the feed says of the documents of these customers (fact and number)."""
    words = [
        {"customer_no": number, "kind": kind, "expires_on": expires_on}
        for fact, number in rows
        for kind, expires_on in _expiries(fact)
        if expires_on
    ]
    if words:
        await document_store.upsert_bank_words(tx, words, at=ctx.now)


def _expiries(fact: backoffice.CustomerFact) -> Iterable[tuple[str, date | None]]:
    if fact.kind == "organisation":
        return ((LICENCE, fact.id_expires_on),)
    return ((IDENTITY, fact.id_expires_on), (RISK, fact.risk_until))


async def read_checklist(
    tx: Tx, ctx: Ctx, profile: Row[Any], numbers: Sequence[int], *, on: date
) -> list[paperwork.Entry]:
    """The checklist of a customer (all their numbers) whom the reader was just found to see."""
    rows = await document_store.list_checklist(tx, ctx.principal.scope, numbers=numbers, applies_to=profile.kind)
    kinds = {row.code: paperwork.Kind(row.code, Name.read(row.name), row.required) for row in rows}
    words = [paperwork.Word(row.code, row.origin, row.expires_on, row.noted_by) for row in rows if row.origin]
    known = ((IDENTITY, profile.id_number), (LICENCE, profile.uscc))
    on_file = {code for code, number in known if number}
    return paperwork.checklist(kinds.values(), words, on_file=on_file, on=on)


async def list_documents(ctx: Ctx, *, customer_id: UUID) -> tuple[list[paperwork.Entry], dict[int, str]]:
    """The checklist, and the names of those staff whose word holds."""
    people = ctx.port(identity.IdentityPort)
    today = (await people.get_bank_day(ctx)).business_date
    async with ctx.audited_read() as tx:
        row = await store.find_card(tx, ctx.principal.scope, customer_id=customer_id)
        if row is None:
            raise NotFound()
        numbers = await store.list_members(tx, row)
        entries = await read_checklist(tx, ctx, await store.get_profile(tx, number=row.no), numbers, on=today)
        tx.audit("documents_seen", ids=[row.no])
    staff = {entry.word.noted_by for entry in entries if entry.word} - {0}
    cards = await people.list_staff(ctx, ids=tuple(sorted(staff))) if staff else ()
    return entries, {card.id: card.name for card in cards}


async def set_document(ctx: Ctx, *, customer_id: UUID, kind: str, held: bool, expires_on: date | None) -> None:
    """Staff have seen the document (`held`), or take back that they had; what the bank's feed says stays."""
    if expires_on and not held:
        raise invalid_field("expires_on", "not_held", "only a document that is held has a last day")
    async with ctx.write() as tx:
        row = await store.find_card(tx, ctx.principal.scope, customer_id=customer_id)
        customer = row and await store.lock_customer(tx, ctx.principal.scope, number=row.no)
        if (
            row is None
            or customer is None
            or await document_store.find_kind(tx, code=kind, applies_to=customer.kind) is None
        ):
            raise NotFound()
        if held:
            values = {"kind": kind, "expires_on": expires_on, "noted_by": ctx.principal.id, "noted_at": ctx.now}
            await document_store.set_staff_word(tx, customer, values)
        else:
            await document_store.drop_staff_words(tx, numbers=await store.list_members(tx, row), kind=kind)
        await _settle(tx, number=customer.no, staff_id=ctx.principal.id)
        tx.audit("document_noted", ids=[customer.no], kind=kind, held=held)
        tx.refresh([ctx.principal.id, customer.manager_id], f"customer:{customer_id}")


async def _settle(tx: Tx, *, number: int = 0, staff_id: int) -> int:
    """Tell of reminders that a later word has settled; answers how many."""
    renewed = await document_store.take_renewed(tx, number=number, most=BATCH)
    for row in renewed:
        follow_up = follow_up_id(row.customer_no, row.kind, row.reminded_for)
        tx.tell(contract.FollowUpSettled(follow_up_id=follow_up, staff_id=staff_id))
    return len(renewed)


def follow_up_id(customer_no: int, kind: str, expires_on: date) -> UUID:
    """One for each end of each document, whoever says it and however often."""
    return uuid5(_FOLLOW_UPS, f"{customer_no}/{kind}/{expires_on}")


async def begin_day(ctx: Ctx, *, business_date: date, currency: str) -> None:
    async with ctx.write() as tx:
        tx.tell(contract.RemindOfDocuments(business_date=business_date, currency=currency))


async def remind(ctx: Ctx, *, business_date: date, currency: str) -> None:
    """One batch of reminders to the managing RMs, and of those that the feed has settled; more asks for the next."""
    first, last = paperwork.reminder_span(business_date)
    async with ctx.write() as tx:
        settled = await _settle(tx, staff_id=0)
        due = await document_store.list_due(tx, first=first, last=last, most=BATCH)
        if due:
            await document_store.set_reminded(tx, due)
        for row in due:
            tx.tell(_reminder(row, business_date, currency))
        if max(settled, len(due)) == BATCH:
            tx.tell(contract.RemindOfDocuments(business_date=business_date, currency=currency))


def _reminder(row: Row[Any], today: date, currency: str) -> contract.FollowUpWanted:
    kind, day = Name.read(row.name), row.expires_on
    ended = day < today
    return contract.FollowUpWanted(
        follow_up_id=follow_up_id(row.customer_no, row.kind, day),
        origin_kind="document",
        origin_id=str(row.id),
        customer_no=row.customer_no,
        institution_id=row.institution_id,
        staff_id=row.manager_id,
        line=row.line,
        title=Name(f"请客户更新{kind.zh}", f"Ask for the new document: {kind.en or kind.zh}"),
        why=Name(
            f"{kind.zh}已于 {day} 到期" if ended else f"{kind.zh}将于 {day} 到期",
            f"{kind.en or kind.zh}: " + (f"ended on {day}" if ended else f"ends on {day}"),
        ),
        due_on=max(day, today),
        currency=currency,
    )
