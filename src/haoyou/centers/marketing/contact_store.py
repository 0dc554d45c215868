"""SQL of marketing around contacts: what was made, the leave for it, and drafts."""

from dataclasses import asdict
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.customers.contract import Channel, ContactOutcome
from haoyou.centers.marketing import rules, store, tables
from haoyou.kernel.ctx import Tx

_C, _D, _V = tables.contact, tables.draft, tables.reservation

CONTACTS_MAX = 20  # of one card; the governor lets far fewer happen while an opportunity lives


async def list_contacts(tx: Tx, *, opportunity_id: UUID) -> list[rules.Contact]:
    query = (
        select(_C)
        .where(_C.c.opportunity_id == opportunity_id)
        .order_by(_C.c.made_at.desc(), _C.c.id)
        .limit(CONTACTS_MAX)
    )
    return [
        rules.Contact(
            id=row.id,
            staff_id=row.staff_id,
            channel=Channel(row.channel),
            outcome=ContactOutcome(row.outcome),
            note=row.note,
            made_at=row.made_at,
            bank_date=row.bank_date,
            next_on=row.next_on,
        )
        for row in await tx.all(query)
    ]


async def add_contact(tx: Tx, opportunity: rules.Opportunity, contact: rules.Contact) -> None:
    await tx.run(_C.insert(), store.place_of(opportunity) | {"opportunity_id": opportunity.id} | asdict(contact))


async def save_contacted(tx: Tx, opportunity: rules.Opportunity) -> None:
    await tx.run(
        update(tables.opportunity)
        .where(tables.opportunity.c.id == opportunity.id)
        .values(
            status=opportunity.status,
            contacted_at=opportunity.contacted_at,
            last_outcome=opportunity.last_outcome,
            version=opportunity.version,
        )
    )


async def add_reservation(
    tx: Tx, opportunity: rules.Opportunity, *, reservation_id: UUID, staff_id: int, channel: Channel
) -> None:
    values = {"id": reservation_id, "opportunity_id": opportunity.id, "staff_id": staff_id, "channel": channel}
    await tx.run(
        insert(_V).values(store.place_of(opportunity) | values).on_conflict_do_nothing(index_elements=[_V.c.id])
    )


async def has_reservation(tx: Tx, *, opportunity_id: UUID, wanted: rules.Leave) -> bool:
    """Whether this person got this leave for this opportunity and channel, and no contact was made under it yet."""
    return await tx.first(select(_V.c.id).where(*_unused(opportunity_id, wanted))) is not None


async def use_reservation(tx: Tx, *, opportunity_id: UUID, used: rules.Leave, contact_id: UUID) -> bool:
    """Whether it was still unused."""
    return await tx.run(update(_V).where(*_unused(opportunity_id, used)).values(contact_id=contact_id)) == 1


def _unused(opportunity_id: UUID, leave: rules.Leave) -> tuple[ColumnElement[bool], ...]:
    return (
        _V.c.id == leave.reservation_id,
        _V.c.opportunity_id == opportunity_id,
        _V.c.staff_id == leave.staff_id,
        _V.c.channel == leave.channel,
        _V.c.contact_id.is_(None),
    )


async def find_draft(tx: Tx, *, opportunity_id: UUID, staff_id: int) -> rules.Draft:
    """What this person has written so far; the empty sheet if nothing."""
    row = await tx.first(select(_D).where(_D.c.opportunity_id == opportunity_id, _D.c.staff_id == staff_id))
    if row is None:
        return rules.Draft()
    body = row.body
    return rules.Draft(
        channel=body["channel"] and Channel(body["channel"]),
        outcome=body["outcome"] and ContactOutcome(body["outcome"]),
        note=body["note"],
        next_on=body["next_on"] and date.fromisoformat(body["next_on"]),
        reservation_id=body["reservation_id"] and UUID(body["reservation_id"]),
        version=row.version,
        saved_at=row.saved_at,
    )


async def save_draft(tx: Tx, opportunity: rules.Opportunity, *, staff_id: int, draft: rules.Draft) -> bool:
    """Whether the draft followed the version it says; the unique key and the version in one statement decide races."""
    values = {"body": draft.body(), "version": draft.version, "saved_at": draft.saved_at}
    if draft.version > 1:
        mine = (_D.c.opportunity_id == opportunity.id, _D.c.staff_id == staff_id, _D.c.version == draft.version - 1)
        return await tx.run(update(_D).where(*mine).values(values)) == 1
    row = store.place_of(opportunity) | {"opportunity_id": opportunity.id, "staff_id": staff_id} | values
    statement = insert(_D).values(row).on_conflict_do_nothing(index_elements=[_D.c.opportunity_id, _D.c.staff_id])
    return await tx.first(statement.returning(_D.c.version)) is not None


async def remove_draft(tx: Tx, *, opportunity_id: UUID, staff_id: int) -> None:
    await tx.run(_D.delete().where(_D.c.opportunity_id == opportunity_id, _D.c.staff_id == staff_id))
