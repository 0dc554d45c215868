"""The one governor of customer contact: consent, quiet hours and cap, decided once for every line and channel."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from haoyou.centers.customers import contract, figure_store, merge_store, rules, sensitive, store
from haoyou.centers.identity import contract as identity
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import NotFound
from haoyou.kernel.masking import Phone


async def reserve_contact(
    ctx: Ctx, *, reservation_id: UUID, customer_no: int, channel: contract.Channel
) -> contract.Reservation:
    """Leave to contact a customer once. The rows of all their numbers are held, so that parallel askers queue."""
    today = (await ctx.port(identity.IdentityPort).get_bank_day(ctx)).business_date
    async with ctx.write() as tx:
        groups = await merge_store.list_groups(tx, numbers=[customer_no])
        numbers = sorted(groups or {customer_no})
        rows = {row.no: row for row in await store.lock_customers(tx, ctx.principal.scope, numbers=numbers)}
        customer = rows.get(customer_no)
        if customer is None:
            raise NotFound()
        await store.drop_expired(tx, numbers=numbers, now=ctx.now)  # what has run out is asked for anew
        held = await store.find_reservation(tx, reservation_id=reservation_id)
        if held is None:
            expires_at = await _grant(ctx, tx, customer, numbers, reservation_id, channel, today)
        elif (held.customer_no, held.staff_id, held.channel) == (customer_no, ctx.principal.id, channel):
            expires_at = held.expires_at
        else:
            raise NotFound()
        sealed = rows[groups.get(customer_no, customer_no)].phone or customer.phone
        phone = sensitive.unseal(ctx.house.keyring, Phone, sealed) if channel is contract.Channel.CALL else None
        tx.audit("contact_reserved", ids=[customer_no], channel=channel.value, number_shown=phone is not None)
    return contract.Reservation(reservation_id, channel, expires_at, phone)


async def _grant(
    ctx: Ctx,
    tx: Tx,
    customer: Row[Any],
    numbers: Sequence[int],
    reservation_id: UUID,
    channel: contract.Channel,
    today: date,
) -> datetime:
    """`numbers`: all of this customer; what was done and said under any of them counts."""
    since = today - rules.CAP_PERIOD
    reservations = await store.list_reservations(tx, numbers=numbers, since=since)
    todays = [one for one in reservations if one.bank_date == today]
    ledger = rules.Ledger(
        consent=not await store.is_refused(tx, numbers=numbers, channel=channel),
        made_today=sum(one.state != "missed" for one in todays),
        missed_today=sum(one.state == "missed" for one in todays),
        made_in_period=sum(one.state != "missed" for one in reservations),
    )
    settings = ctx.house.settings
    limits = rules.Limits(
        per_day=settings.contact_cap_per_day,
        per_period=settings.contact_cap_per_30_days,
        from_hour=settings.contact_from_hour,
        until_hour=settings.contact_until_hour,
        time_zone=settings.time_zone,
    )
    rules.check_contact(ledger, limits, channel=channel, now=ctx.now)
    expires_at = ctx.now + rules.RESERVATION_LIFE
    values = {
        "id": reservation_id,
        "staff_id": ctx.principal.id,
        "channel": channel,
        "bank_date": today,
        "slot": max((one.slot for one in todays), default=0) + 1,
        "state": "reserved",
        "expires_at": expires_at,
    }
    if not await store.add_reservation(tx, customer, values):
        raise NotFound()
    return expires_at


async def record_contact(ctx: Ctx, *, told: contract.RecordContact) -> None:
    """Keep a contact that was made; an unanswered call does not use up the customer's patience for the day."""
    async with ctx.write() as tx:
        customer = await store.lock_customer(tx, ctx.principal.scope, number=told.customer_no)
        if customer is None:
            raise NotFound()
        values = {
            "id": told.contact_id,
            "staff_id": told.staff_id,
            "channel": told.channel,
            "outcome": told.outcome,
            "note": told.note,
            "made_at": told.made_at,
            "bank_date": told.bank_date,
            "next_on": told.next_on,
            "origin": told.origin,
        }
        if await store.add_contact(tx, customer, values):
            missed = told.outcome is contract.ContactOutcome.NOT_REACHED
            if told.reservation_id:
                state = "missed" if missed else "made"
                await store.set_reservation_state(tx, reservation_id=told.reservation_id, state=state)
            if not missed:
                await figure_store.set_last_contact(tx, number=customer.no, on=told.bank_date)
        tx.refresh([told.staff_id, customer.manager_id], f"customer:{customer.id}", "customers")


async def set_consent(ctx: Ctx, *, customer_id: UUID, channel: contract.Channel, granted: bool) -> None:
    """Write down what the customer said about being contacted this way; it holds for everyone at once."""
    async with ctx.write() as tx:
        row = await store.find_card(tx, ctx.principal.scope, customer_id=customer_id)
        customer = row and await store.lock_customer(tx, ctx.principal.scope, number=row.no)
        if row is None or customer is None:
            raise NotFound()
        values = {"channel": channel, "granted": granted, "staff_id": ctx.principal.id, "said_at": ctx.now}
        await store.set_consent(tx, customer, values)
        if granted:
            others = await store.list_members(tx, row)
            await store.grant_everywhere(
                tx, numbers=others, channel=channel, staff_id=ctx.principal.id, at=ctx.now
            )  # fmt: skip
        tx.audit("consent_said", ids=[customer.no], channel=channel.value, granted=granted)
        tx.refresh([ctx.principal.id, customer.manager_id], f"customer:{customer_id}")
