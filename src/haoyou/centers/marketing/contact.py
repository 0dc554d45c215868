"""Contacts for an opportunity: the leave to make one, the draft while it is written down, and the contact itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from haoyou.centers.customers import contract as customers
from haoyou.centers.customers.contract import Channel, ContactOutcome, Reservation
from haoyou.centers.identity import contract as identity
from haoyou.centers.marketing import contact_store, rules, service, store, wording
from haoyou.centers.marketing.contract import Status
from haoyou.centers.tasks import contract as tasks
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import Conflict, NotFound, PreconditionFailed
from haoyou.kernel.web.problem import invalid_field


@dataclass(frozen=True, slots=True)
class Report:
    """What a person says about a contact."""

    channel: Channel
    outcome: ContactOutcome
    note: str
    next_on: date | None
    reservation_id: UUID | None


async def reserve(ctx: Ctx, *, opportunity_id: UUID, reservation_id: UUID, channel: Channel) -> Reservation:
    """Ask leave for one contact. Raises ContactRefused; the number in clear comes for a call only."""
    seen = await service.get_opportunity(ctx, opportunity_id=opportunity_id)
    rules.check_workable(seen.status)
    reservation = await ctx.port(customers.CustomersPort).reserve_contact(
        ctx, reservation_id=reservation_id, customer_no=seen.customer_no, channel=channel
    )
    async with ctx.write() as tx:
        await contact_store.add_reservation(
            tx, seen, reservation_id=reservation.id, staff_id=ctx.principal.id, channel=channel
        )
    return reservation


async def get_draft(ctx: Ctx, *, opportunity_id: UUID) -> rules.Draft:
    async with ctx.read() as tx:
        found = await store.find_opportunity(tx, ctx.principal.scope, opportunity_id=opportunity_id)
        if found is None:
            raise NotFound()
        return await contact_store.find_draft(tx, opportunity_id=found.id, staff_id=ctx.principal.id)


async def save_draft(ctx: Ctx, *, opportunity_id: UUID, draft: rules.Draft) -> rules.Draft:
    """Keep what I have written so far; `draft.version` is the one I began from."""
    mine = ctx.principal.id
    saved = replace(draft, version=draft.version + 1, saved_at=ctx.now)
    async with ctx.write() as tx:
        found = await store.find_opportunity(tx, ctx.principal.scope, opportunity_id=opportunity_id)
        if found is None:
            raise NotFound()
        rules.check_workable(found.status)
        if not await contact_store.save_draft(tx, found, staff_id=mine, draft=saved):
            current = await contact_store.find_draft(tx, opportunity_id=found.id, staff_id=mine)
            raise PreconditionFailed(current=current.as_json())
    return saved


async def record(ctx: Ctx, *, opportunity_id: UUID, key: UUID, report: Report) -> service.CardView:
    """A contact was made: it is kept, told to customers, and the task is closed or moved.

    `key` names the act: sent again, it asks for the same leave and makes the same contact.
    """
    seen = await service.get_card(ctx, opportunity_id=opportunity_id)
    found = seen.line.opportunity
    rules.check_workable(found.status)
    day = await ctx.port(identity.IdentityPort).get_bank_day(ctx)
    fault = rules.find_next_on_fault(
        report.outcome, report.next_on, today=day.business_date, expires_on=found.expires_on
    )
    if fault:
        raise invalid_field("next_on", fault.code, fault.message)
    leave, noted = await _find_leave(ctx, found, key=key, report=report)
    contact = rules.Contact(
        id=rules.act_id(found.id, key, "contact"),
        staff_id=ctx.principal.id,
        channel=report.channel,
        outcome=report.outcome,
        note=report.note,
        made_at=ctx.now,
        bank_date=day.business_date,
        next_on=report.next_on,
    )
    async with ctx.write() as tx:
        locked = await store.find_for_update(tx, ctx.principal.scope, opportunity_id=found.id)
        if locked is None:
            raise NotFound()
        rules.check_workable(locked.status)
        if noted and not await contact_store.use_reservation(
            tx, opportunity_id=found.id, used=leave, contact_id=contact.id
        ):
            raise Conflict("Another contact was just recorded under this reservation.")
        contacted = replace(
            locked,
            status=Status.CONTACTED,
            contacted_at=ctx.now,
            last_outcome=contact.outcome,
            version=locked.version + 1,
        )
        await contact_store.add_contact(tx, contacted, contact)
        await contact_store.save_contacted(tx, contacted)
        await contact_store.remove_draft(tx, opportunity_id=found.id, staff_id=ctx.principal.id)
        _tell(tx, contacted, contact, reservation_id=leave.reservation_id)
        keys = ("tasks", "opportunities", f"opportunity:{found.id}", f"customer:{seen.line.customer.id}")
        tx.refresh([locked.manager_id, ctx.principal.id], *keys)
        tx.audit("contact_made", ids=[found.id, contact.id], outcome=contact.outcome.value)
    line = replace(seen.line, opportunity=contacted)
    return replace(seen, line=line, contacts=_newest(contact, seen.contacts), draft=rules.Draft())


async def _find_leave(ctx: Ctx, found: rules.Opportunity, *, key: UUID, report: Report) -> tuple[rules.Leave, bool]:
    """The leave this contact was made under, and whether we noted it when it was given.

    One that this person got here before is taken at its word even when it has run out: they are writing down
    what happened. Any other number is no leave: the governor is asked now.
    """
    if report.reservation_id:
        leave = rules.Leave(report.reservation_id, ctx.principal.id, report.channel)
        async with ctx.read() as tx:
            noted = await contact_store.has_reservation(tx, opportunity_id=found.id, wanted=leave)
        if noted:
            return leave, True
    reservation = await ctx.port(customers.CustomersPort).reserve_contact(
        ctx,
        reservation_id=rules.act_id(found.id, key, "reservation"),
        customer_no=found.customer_no,
        channel=report.channel,
    )
    return rules.Leave(reservation.id, ctx.principal.id, report.channel), False


def _tell(tx: Tx, found: rules.Opportunity, contact: rules.Contact, *, reservation_id: UUID) -> None:
    tx.tell(
        customers.RecordContact(
            contact_id=contact.id,
            customer_no=found.customer_no,
            staff_id=contact.staff_id,
            channel=contact.channel,
            outcome=contact.outcome,
            note=contact.note,
            made_at=contact.made_at,
            bank_date=contact.bank_date,
            next_on=contact.next_on,
            origin=f"marketing/opportunity/{found.id}",
            reservation_id=reservation_id,
        )
    )
    if rules.asks_for_next(contact.outcome):
        assert contact.next_on, "checked before the write"
        why = wording.why_again(contact.outcome, contact.next_on)
        tx.tell(tasks.RescheduleTask(task_id=found.task_id, due_on=contact.next_on, why=why))
    else:
        tx.tell(tasks.CloseTask(task_id=found.task_id, result=contact.outcome.value, closed_by=contact.staff_id))


def _newest(contact: rules.Contact, before: Sequence[rules.Contact]) -> tuple[rules.Contact, ...]:
    return (contact, *before)[: contact_store.CONTACTS_MAX]
