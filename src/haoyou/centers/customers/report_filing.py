"""Reports are filed, amended by further versions, and withdrawn; their next steps become to-dos.

A report without a contact brings its own when it is normal, so that the history shows the meeting once. What is
restricted or private leaves no trace outside itself: no contact, and to-dos that say neither about whom nor what.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Row

from haoyou.centers.customers import (
    contract,
    figure_store,
    merge_store,
    report_draft,
    report_store,
    reporting,
    rules,
    store,
)
from haoyou.centers.customers.reporting import Content, Level, ReportState, Step
from haoyou.centers.identity import contract as identity
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import Forbidden, NotFound
from haoyou.kernel.names import Name
from haoyou.kernel.web.problem import invalid_field

_IDS = uuid5(NAMESPACE_URL, "haoyou:customers:report")
_QUIET = Name("会谈后续事项", "Follow-up of a meeting")
_QUIET_WHY = Name("内容见会谈纪要", "See the contact report")


@dataclass(frozen=True, slots=True)
class Filing:
    """A report as its author hands it in. `contact_id`: the contact it is about, where that stands already."""

    content: Content
    level: Level
    readers: tuple[int, ...]
    contact_id: UUID | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Amendment:
    """`version` is the one the author had before them; `steps` are added to those there are."""

    content: Content
    readers: tuple[int, ...]
    steps: tuple[Step, ...]
    version: int
    why: str


@dataclass(frozen=True, slots=True)
class _Given:
    """Next steps as they become to-dos: of which report, about whom, and what the colleagues' posts are."""

    report_id: UUID
    customer_no: int
    place: rules.Place
    level: Level
    content: Content
    steps: tuple[Step, ...]
    staff: Mapping[int, identity.Colleague]
    currency: str


async def file_report(ctx: Ctx, *, report_id: UUID, filing: Filing) -> None:
    """The draft becomes a report that does not change any more; its next steps become to-dos."""
    me, people = ctx.principal, ctx.port(identity.IdentityPort)
    day = await people.get_bank_day(ctx)
    staff = await _colleagues(ctx, filing.content.staff, filing.readers, filing.steps)
    async with ctx.write() as tx:
        draft = await report_store.find_draft(tx, me, report_id=report_id, lock=True)
        if draft is None:
            await report_draft.refuse_filed(tx, ctx, report_id)
            raise NotFound()
        customer = await store.lock_customer(tx, me.scope, number=draft.customer_no)
        assert customer, "its draft was just read within the same scope"
        _require_known(filing.content.staff, filing.readers, filing.steps, staff)
        content = replace(filing.content, about_name=customer.name, about_number=customer.code)
        await _require_seen(tx, ctx, content, number=customer.no, on=day.business_date)
        readers = _readers(filing, author=me.id, manager=customer.manager_id, today=day.business_date)
        contact_id, own = await _contact(tx, ctx, report_id, filing, content, customer, day.business_date)
        header = {
            "id": report_id,
            "author_id": me.id,
            "level": filing.level.value,
            "state": ReportState.FILED.value,
            "met_on": content.met_on,
            "contact_id": contact_id,
            "own_contact": own,
            "version": 1,
            "filed_at": ctx.now,
        }
        if not await report_store.add_report(tx, customer, header):
            raise NotFound()
        await report_store.set_readers(tx, report_id=report_id, author=me.id, readers=readers)
        await _write_text(tx, ctx, report_id, 1, content, "")
        place = rules.Place(customer.institution_id, customer.manager_id, customer.line)
        given = _Given(report_id, customer.no, place, filing.level, content, filing.steps, staff, day.currency)
        await _give_steps(tx, given, before=0)
        await report_store.drop_draft(tx, report_id=report_id, author=me.id)
        tx.audit("report_filed", ids=[customer.no, report_id], level=filing.level.value)
        _show_again(tx, report_id, draft.customer_id, _concerned(filing.level, readers, customer.manager_id))


async def _colleagues(
    ctx: Ctx, attendees: Sequence[int], readers: Sequence[int], steps: Sequence[Step]
) -> dict[int, identity.Colleague]:
    ids = tuple(sorted({*attendees, *readers, *(one.staff_id for one in steps)}))
    found = await ctx.port(identity.IdentityPort).list_colleagues(ctx, ids=ids) if ids else ()
    return {one.id: one for one in found}


def _require_known(
    attendees: Sequence[int], readers: Sequence[int], steps: Sequence[Step], staff: Mapping[int, identity.Colleague]
) -> None:
    doers = [one.staff_id for one in steps]
    for field, ids in (("staff_ids", attendees), ("reader_ids", readers), ("steps", doers)):
        if any(one not in staff for one in ids):
            raise invalid_field(field, "unknown", "somebody who does not work here now")


async def _require_seen(
    tx: Tx, ctx: Ctx, content: Content, *, number: int, on: date, before: Content | None = None
) -> None:
    """Customers and accounts are named that the author may see, or that stood in the version before."""
    me = ctx.principal
    guests = {one.customer_id for one in content.guests if one.customer_id}
    guests -= {one.customer_id for one in before.guests} if before else set()
    if guests and await report_store.find_customers(tx, me, ids=sorted(guests)) != guests:
        raise invalid_field("guests", "unknown", "a customer who is not within your reach")
    accounts = {*content.holdings} - ({*before.holdings} if before else set())
    if accounts:
        own = await merge_store.list_numbers(tx, number=number)
        near = {*own, *await report_draft.related(tx, ctx, numbers=own, on=on)}
        rows = await report_store.list_owned(tx, me, ids=sorted(accounts))
        if {row.id for row in rows if row.customer_no in near} != accounts:
            raise invalid_field("holding_ids", "unknown", "an account of this customer or of somebody related")


def _readers(filing: Filing, *, author: int, manager: int, today: date, doers: Sequence[int] = ()) -> set[int]:
    """Whom the report names; `doers` of earlier steps keep their right. Refuses what does not fit together."""
    readers = reporting.readers_of(
        filing.level,
        author=author,
        attendees=filing.content.staff,
        named=filing.readers,
        doers=[one.staff_id for one in filing.steps],
    ).union(doers)
    fault = reporting.find_fault(
        filing.content,
        filing.steps,
        level=filing.level,
        named=filing.readers,
        readers=readers,
        manager=manager,
        today=today,
    )
    if fault:
        raise invalid_field(fault.field, fault.code, fault.message)
    return readers


async def _contact(
    tx: Tx, ctx: Ctx, report_id: UUID, filing: Filing, content: Content, customer: Row[Any], today: date
) -> tuple[UUID, bool]:
    """The contact a report is about, and whether the report has brought it."""
    if filing.contact_id:
        numbers = await merge_store.list_numbers(tx, number=customer.no)
        if await report_store.find_contact(tx, numbers=numbers, contact_id=filing.contact_id) is None:
            raise invalid_field("contact_id", "unknown", "not a contact of this customer")
        return filing.contact_id, False
    contact_id = uuid5(_IDS, f"{report_id}/contact")
    if filing.level is not Level.NORMAL:
        return contact_id, False
    zone = ctx.house.settings.time_zone
    values = {
        "id": contact_id,
        "staff_id": ctx.principal.id,
        "channel": content.channel,
        "outcome": contract.ContactOutcome.REACHED,
        "note": "",
        "made_at": reporting.moment_of(content, today=today, now=ctx.now, time_zone=zone),
        "bank_date": content.met_on,
        "next_on": None,
        "origin": f"customers/report/{report_id}",
    }
    await store.add_contact(tx, customer, values)
    await figure_store.set_last_contact(tx, number=customer.no, on=content.met_on)
    return contact_id, True


async def _write_text(tx: Tx, ctx: Ctx, report_id: UUID, number: int, content: Content, why: str) -> None:
    values = {"report_id": report_id, "number": number, "content": content.stored(), "why": why}
    await report_store.add_text(tx, values | {"written_by": ctx.principal.id, "written_at": ctx.now})


async def _give_steps(tx: Tx, given: _Given, *, before: int) -> None:
    """Keep the next steps, numbered on from `before`, and ask for a to-do for each."""
    rows: list[dict[str, Any]] = []
    for number, step in enumerate(given.steps, before + 1):
        lines = given.staff[step.staff_id].lines
        if not lines or (given.level is Level.NORMAL and given.place.line not in lines):
            raise invalid_field("steps", "other_line", "somebody who does not serve the customer's business line")
        follow_up = uuid5(_IDS, f"{given.report_id}/step/{number}")
        rows.append(
            {
                "report_id": given.report_id,
                "number": number,
                "what": step.what,
                "staff_id": step.staff_id,
                "due_on": step.due_on,
                "follow_up_id": follow_up,
            }
        )
        tx.tell(_follow_up(given, step, follow_up))
    await report_store.add_steps(tx, rows)


def _follow_up(given: _Given, step: Step, follow_up_id: UUID) -> contract.FollowUpWanted:
    """Others of the team see a to-do too: one of a confidential report tells them nothing."""
    is_open, person, on = given.level is Level.NORMAL, given.staff[step.staff_id], given.content.met_on
    name = reporting.PURPOSE_NAMES[given.content.purpose]
    why = Name(f"{on} {name.zh}的会谈纪要", f"Contact report of {on}: {name.en}")
    return contract.FollowUpWanted(
        follow_up_id=follow_up_id,
        origin_kind="report",
        origin_id=str(given.report_id),
        customer_no=given.customer_no if is_open else 0,
        institution_id=given.place.institution_id if is_open else person.institution_id,
        staff_id=step.staff_id,
        line=given.place.line if is_open else person.lines[0],
        title=Name(step.what) if is_open else _QUIET,
        why=why if is_open else _QUIET_WHY,
        due_on=step.due_on,
        currency=given.currency,
        personal=True,
    )


def _concerned(level: Level, readers: Iterable[int], manager: int) -> set[int]:
    return {*readers, *([] if level is Level.PRIVATE else [manager])}


def _show_again(tx: Tx, report_id: UUID, customer_id: UUID | None, people: set[int]) -> None:
    keys = [f"customer:{customer_id}"] if customer_id else []
    tx.refresh(people, "reports", f"report:{report_id}", *keys)


async def amend_report(ctx: Ctx, *, report_id: UUID, amendment: Amendment) -> int:
    """Its author says it anew, and why; what was said before stays to be read. Answers the new version."""
    me = ctx.principal
    day = await ctx.port(identity.IdentityPort).get_bank_day(ctx)
    staff = await _colleagues(ctx, amendment.content.staff, amendment.readers, amendment.steps)
    async with ctx.write() as tx:
        row = await _lock_mine(tx, ctx, report_id)
        if row.version != amendment.version:
            raise reporting.ReportAmended(version=row.version)
        before = Content.read(row.content)
        steps = await report_store.list_steps(tx, report_id=report_id, limit=reporting.STEPS_MAX)
        _require_room(row.version, len(steps) + len(amendment.steps))
        left = {*before.staff, *await report_store.list_readers(tx, report_id=report_id)}
        attendees = [one for one in amendment.content.staff if one not in left]  # who was there and left is still named
        _require_known(attendees, [one for one in amendment.readers if one not in left], amendment.steps, staff)
        content = replace(
            amendment.content,
            holdings=await _with_hidden(tx, ctx, amendment.content, before),
            about_name=before.about_name,
            about_number=before.about_number,
        )
        await _require_seen(tx, ctx, content, number=row.customer_no, on=day.business_date, before=before)
        level = Level(row.level)
        filing = Filing(content, level, amendment.readers, None, amendment.steps)
        readers = _readers(
            filing,
            author=me.id,
            manager=row.manager_id,
            today=day.business_date,
            doers=[one.staff_id for one in steps],
        )
        version = row.version + 1
        await _write_text(tx, ctx, report_id, version, content, amendment.why)
        await report_store.set_version(tx, report_id=report_id, version=version, met_on=content.met_on)
        await report_store.set_readers(tx, report_id=report_id, author=me.id, readers=readers)
        place = rules.Place(row.institution_id, row.manager_id, row.line)
        given = _Given(report_id, row.customer_no, place, level, content, amendment.steps, staff, day.currency)
        await _give_steps(tx, given, before=len(steps))
        tx.audit("report_amended", ids=[row.customer_no, report_id], reason=amendment.why, version=version)
        _show_again(tx, report_id, row.customer_id, _concerned(level, readers, row.manager_id))
    return version


async def _lock_mine(tx: Tx, ctx: Ctx, report_id: UUID) -> Row[Any]:
    """My own report, held, as it stands; it has not been withdrawn."""
    await report_store.say_rights(tx, ctx.principal)
    if await report_store.find_report(tx, ctx.principal, report_id=report_id) is None:
        raise NotFound()
    await report_store.lock_header(tx, report_id=report_id)
    row = await report_store.find_report(tx, ctx.principal, report_id=report_id)
    assert row, "a report does not go away"
    if row.author_id != ctx.principal.id:
        raise Forbidden("Only its author changes a report.")
    if row.state == ReportState.WITHDRAWN:
        raise reporting.ReportWithdrawn()
    return row


async def _with_hidden(tx: Tx, ctx: Ctx, content: Content, before: Content) -> tuple[int, ...]:
    """The accounts named now, and those named before that the author cannot see any more: nobody took them out."""
    seen = await report_store.list_owned(tx, ctx.principal, ids=before.holdings) if before.holdings else []
    hidden = {*before.holdings} - {row.id for row in seen}
    return (*content.holdings, *sorted(hidden - {*content.holdings}))


def _require_room(versions: int, steps: int) -> None:
    if versions >= reporting.VERSIONS_MAX:
        raise reporting.ReportFull(most=reporting.VERSIONS_MAX)
    if steps > reporting.STEPS_MAX:
        raise reporting.ReportFull(most=reporting.STEPS_MAX)


async def withdraw_report(ctx: Ctx, *, report_id: UUID, reason: str) -> None:
    """Its author takes it back. It stays to be read as withdrawn; what it asked to be done is no longer wanted."""
    me = ctx.principal
    async with ctx.write() as tx:
        row = await _lock_mine(tx, ctx, report_id)
        version = row.version + 1
        await _write_text(tx, ctx, report_id, version, Content.read(row.content), reason)
        await report_store.withdraw(tx, report_id=report_id, version=version, at=ctx.now)
        for step in await report_store.list_steps(tx, report_id=report_id, limit=reporting.STEPS_MAX):
            if step.done_at is None:
                settled = contract.FollowUpSettled(follow_up_id=step.follow_up_id, staff_id=me.id, result="withdrawn")
                tx.tell(settled)
        if row.own_contact:
            await report_store.withdraw_contact(tx, number=row.customer_no, contact_id=row.contact_id)
            await figure_store.recount_last_contact(tx, number=row.customer_no)
        tx.audit("report_withdrawn", ids=[row.customer_no, report_id], reason=reason)
        readers = await report_store.list_readers(tx, report_id=report_id)
        _show_again(tx, report_id, row.customer_id, _concerned(Level(row.level), readers, row.manager_id))
