"""Use cases of customers as staff know them: one customer, reveal, and what other rooms ask. Lists are in listing."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from haoyou.centers.customers import (
    assignment_store,
    contract,
    document,
    figure_store,
    merge_store,
    paperwork,
    relation_store,
    report_store,
    rules,
    sensitive,
    store,
)
from haoyou.centers.identity import contract as identity
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import NotFound
from haoyou.kernel.masking import AccountNumber, Address, BirthDate, IdNumber, Phone, Sensitive
from haoyou.kernel.money import Money
from haoyou.kernel.names import Name

PAGE_CONTACTS = 5
PAGE_LINKS = 4
PART_LINES_MAX = 10
EXTRA_MAX = 500  # single customers granted to one person; the scope travels with every transaction
PARTS_OF_PAGE = {"phone": Phone, "id_number": IdNumber, "birth_date": BirthDate, "address": Address}
"""The fields that a reasoned reveal may show."""


@dataclass(frozen=True, slots=True)
class Names:
    """What identity calls the people and places on a screen."""

    staff: dict[int, str]
    institutions: dict[int, Name]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a list of customers."""

    card: contract.Card
    phone: Phone | None
    last_contact_on: date | None
    open_opportunities: int
    as_of: date
    deposits: Money
    loans: Money
    next_maturity_on: date | None


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer's whole first screen, as read in one transaction."""

    line: Line
    profile: Row[Any]
    birth_date: BirthDate | None
    id_number: IdNumber | None
    address: Address | None
    documents: Sequence[paperwork.Entry]
    links: Sequence[Row[Any]]
    totals: tuple[Money, Money]
    holdings: Sequence[tuple[Row[Any], AccountNumber]]
    contacts: Sequence[Row[Any]]
    reports: dict[UUID, UUID]
    assignments: Sequence[Row[Any]]
    merged: Sequence[Row[Any]]
    """The merges by which other numbers are this customer."""
    refused_channels: tuple[str, ...]
    parts: tuple[contract.Part, ...]
    names: Names


def line_of(ctx: Ctx, row: Row[Any]) -> Line:
    return Line(
        card=store.card(row),
        phone=sensitive.unseal(ctx.house.keyring, Phone, row.phone),
        last_contact_on=None if row.last_contact_on == rules.NEVER else row.last_contact_on,
        open_opportunities=row.open_opportunities,
        as_of=row.as_of,
        deposits=Money(row.deposits_minor, row.currency),
        loans=Money(row.loans_minor, row.currency),
        next_maturity_on=None if row.next_maturity_on == rules.FAR else row.next_maturity_on,
    )


async def _names(ctx: Ctx, *, staff: set[int], institutions: set[int]) -> Names:
    people = ctx.port(identity.IdentityPort)
    cards = await people.list_staff(ctx, ids=tuple(sorted(staff - {0})))
    places = await people.list_institutions(ctx, ids=tuple(sorted(institutions)))
    return Names({card.id: card.name for card in cards}, {place.id: place.name for place in places})


async def name_people(ctx: Ctx, *, staff: set[int], institutions: set[int] | None = None) -> Names:
    """What identity calls these people and places; for modules whose lists are not of customers."""
    return await _names(ctx, staff=staff, institutions=institutions or set())


async def names_of(ctx: Ctx, lines: Sequence[Line]) -> Names:
    """Who manages these customers, and where; one question each for the whole page."""
    return await _names(
        ctx,
        staff={line.card.manager_id or 0 for line in lines},
        institutions={line.card.institution_id for line in lines},
    )


async def get_customer(ctx: Ctx, *, customer_id: UUID) -> Customer:
    """All that the first screen of a customer needs, in one request."""
    today = (await ctx.port(identity.IdentityPort).get_bank_day(ctx)).business_date
    async with ctx.audited_read() as tx:
        row = await store.find_card(tx, ctx.principal.scope, customer_id=customer_id)
        if row is None:
            raise NotFound()
        numbers = await store.list_members(tx, row)
        merged = await merge_store.list_merged_into(tx, ctx.principal.scope, numbers=numbers) if numbers[1:] else ()
        profile = await store.get_profile(tx, number=row.no)
        holdings = await store.list_holdings(tx, numbers=numbers)
        contacts = await store.list_contacts(tx, numbers=numbers, after=None, limit=PAGE_CONTACTS)
        reports = await _reports_of(tx, ctx, contacts)
        assignments = await store.list_assignments(tx, number=row.no)
        refused = await store.list_refused_channels(tx, numbers=numbers)
        documents = await document.read_checklist(tx, ctx, profile, numbers, on=today)
        links = await relation_store.list_links(tx, ctx.principal.scope, numbers=numbers, on=today, limit=PAGE_LINKS)
        tx.audit("customer_seen", ids=numbers)
    parts = [await _get_part(ctx, part, numbers) for part in ctx.house.provided(contract.ProfilePart)]
    keys = ctx.house.keyring
    staff = {one.staff_id for one in (*contacts, *assignments)} | {row.manager_id, *(one.merged_by for one in merged)}
    return Customer(
        line=line_of(ctx, row),
        profile=profile,
        birth_date=sensitive.unseal(keys, BirthDate, profile.birth_date),
        id_number=sensitive.unseal(keys, IdNumber, profile.id_number),
        address=sensitive.unseal(keys, Address, profile.address),
        documents=documents,
        links=links,
        totals=(Money(row.deposits_minor, row.currency), Money(row.loans_minor, row.currency)),
        holdings=[(one, AccountNumber(one.code)) for one in holdings],
        contacts=contacts,
        reports=reports,
        assignments=assignments,
        merged=merged,
        refused_channels=tuple(refused),
        parts=tuple(parts),
        names=await _names(ctx, staff=staff, institutions={row.institution_id}),
    )


async def _get_part(ctx: Ctx, part: contract.ProfilePart, numbers: Sequence[int]) -> contract.Part:
    """What a room says of all numbers of a customer: the first lines of each, the customer's own number first."""
    parts = [await part.get_part(ctx, customer_no=number) for number in numbers]
    return contract.Part(parts[0].kind, tuple(line for one in parts for line in one.lines)[:PART_LINES_MAX])


async def list_contacts(
    ctx: Ctx, *, customer_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> tuple[Sequence[Row[Any]], dict[UUID, UUID], bool, Names]:
    """A page of contacts, the report of each where there is one to be read, and whether there are more."""
    async with ctx.audited_read() as tx:
        row = await store.find_card(tx, ctx.principal.scope, customer_id=customer_id)
        if row is None:
            raise NotFound()
        numbers = await store.list_members(tx, row)
        contacts = await store.list_contacts(tx, numbers=numbers, after=after, limit=limit + 1)
        reports = await _reports_of(tx, ctx, contacts)
        tx.audit("contacts_listed", ids=[row.no])
    names = await _names(ctx, staff={one.staff_id for one in contacts[:limit]}, institutions=set())
    return contacts[:limit], reports, len(contacts) > limit, names


async def _reports_of(tx: Tx, ctx: Ctx, contacts: Sequence[Row[Any]]) -> dict[UUID, UUID]:
    await report_store.say_rights(tx, ctx.principal)
    return await report_store.find_of_contacts(tx, ctx.principal, contacts=[one.id for one in contacts])


async def reveal(ctx: Ctx, *, customer_id: UUID, field: str, reason: str) -> str:
    """One C2 field in clear, for a stated reason, with its own row in the audit."""
    async with ctx.audited_read() as tx:
        row = await store.find_card(tx, ctx.principal.scope, customer_id=customer_id)
        if row is None:
            raise NotFound()
        profile = await store.get_profile(tx, number=row.no)
        value: Sensitive | None = sensitive.unseal(ctx.house.keyring, PARTS_OF_PAGE[field], getattr(profile, field))
        if value is None:
            raise NotFound()
        tx.audit("field_revealed", ids=[row.no], reason=reason, field=field)
    return value.clear()


async def get_many(ctx: Ctx, *, numbers: tuple[int, ...]) -> tuple[contract.Card, ...]:
    assert len(numbers) <= 200, "names are asked for a page at a time"
    async with ctx.read() as tx:
        rows = await store.find_cards(tx, ctx.principal.scope, numbers=numbers)
    return tuple(replace(store.card(row), no=number) for number, row in rows.items())


async def find_customer(ctx: Ctx, *, customer_id: UUID) -> contract.Card | None:
    async with ctx.read() as tx:
        row = await store.find_card(tx, ctx.principal.scope, customer_id=customer_id)
    return store.card(row) if row else None


async def find_codes(ctx: Ctx, *, codes: tuple[str, ...]) -> tuple[contract.Card, ...]:
    assert len(codes) <= 1_000, "a batch of facts"
    async with ctx.read() as tx:
        rows = await store.find_cards_by_code(tx, ctx.principal.scope, codes=codes)
    return tuple(replace(store.card(row), no=number, code=code) for (number, code), row in rows.items())


async def get_phone(ctx: Ctx, *, customer_no: int) -> Phone | None:
    async with ctx.audited_read() as tx:
        rows = await store.find_cards(tx, ctx.principal.scope, numbers=[customer_no])
        tx.audit("phone_masked_shown", ids=[customer_no])
    return sensitive.unseal(ctx.house.keyring, Phone, rows[customer_no].phone) if rows else None


async def list_extra(ctx: Ctx, *, staff_id: int) -> tuple[int, ...]:
    """Customers this person assists with; part of their data scope."""
    try:
        today = (await ctx.port(identity.IdentityPort).get_bank_day(ctx)).business_date
    except identity.NoBankDay:
        return ()
    async with ctx.read() as tx:
        assisted = await assignment_store.list_assisted(tx, staff_id=staff_id, on=today, limit=EXTRA_MAX)
        merged = await merge_store.list_groups(tx, numbers=assisted) if assisted else {}
        return tuple(sorted({*assisted, *merged})[:EXTRA_MAX])


async def count_customers(ctx: Ctx, *, institution_ids: tuple[int, ...]) -> int:
    async with ctx.read() as tx:
        return await store.count_at(tx, ctx.principal.scope, institution_ids=institution_ids)


async def preview_handover(ctx: Ctx, *, staff_id: int) -> tuple[identity.Holding, ...]:
    async with ctx.read() as tx:
        return (identity.Holding("customers", await store.count_managed(tx, ctx.principal.scope, staff_id=staff_id)),)


async def find_numbers(ctx: Ctx, *, word: str) -> tuple[str, ...]:
    """The audit writes customers by number; people know their code, and an address shows their id."""
    async with ctx.read() as tx:
        found = list((await store.find_cards_by_code(tx, ctx.principal.scope, codes=[word])).values())
        with suppress(ValueError):
            found += filter(None, [await store.find_card(tx, ctx.principal.scope, customer_id=UUID(word))])
        numbers = [number for row in found[:10] for number in await store.list_members(tx, row)]
    return tuple(map(str, numbers[:10]))


async def stamp_listing(ctx: Ctx, *, told: contract.StampListing) -> None:
    async with ctx.write() as tx:
        await figure_store.set_stamp(
            tx, number=told.customer_no, open_opportunities=told.open_opportunities, version=told.version
        )
