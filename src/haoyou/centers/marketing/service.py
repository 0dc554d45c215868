"""What people read of opportunities: the list, one card, and the lines on a customer's page.

What makes and ends opportunities is in dispatch.py and result.py, contacts and their drafts are in contact.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from haoyou.centers.customers import contract as customers
from haoyou.centers.identity import contract as identity
from haoyou.centers.marketing import contact_store, rules, store, wording
from haoyou.centers.marketing.contract import RuleCode, Status
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import NotFound

IDS_PER_QUESTION = 200  # what one question to another room may carry
PART_LINES_MAX = 10


@dataclass(frozen=True, slots=True)
class Line:
    """An opportunity with the customer it is about, as the customers room lets the caller see them."""

    opportunity: rules.Opportunity
    customer: customers.Card


@dataclass(frozen=True, slots=True)
class CardView:
    """All that one card shows. `staff` names the manager and whoever made a contact; `winner` went before this one."""

    line: Line
    phone_masked: str | None
    institution: identity.Institution | None
    staff: dict[int, str]
    contacts: tuple[rules.Contact, ...]
    draft: rules.Draft
    winner: rules.Opportunity | None


async def list_opportunities(
    ctx: Ctx, *, status: Status | None, rule: RuleCode | None, after: tuple[date, UUID] | None, limit: int
) -> tuple[list[Line], tuple[date, UUID] | None]:
    """The newest first; the second value says where the next page begins."""
    async with ctx.read() as tx:
        found = await store.list_opportunities(
            tx, ctx.principal.scope, status=status, rule=rule, after=after, limit=limit + 1
        )
    page = found[:limit]
    following = (page[-1].raised_on, page[-1].id) if len(found) > limit else None
    return await add_customers(ctx, page), following


async def add_customers(ctx: Ctx, opportunities: Sequence[rules.Opportunity]) -> list[Line]:
    """Names for a page. Whoever changed hands a moment ago, and is no longer the caller's to see, drops out."""
    cards = await ask_cards(ctx, {one.customer_no for one in opportunities})
    return [Line(one, cards[one.customer_no]) for one in opportunities if one.customer_no in cards]


async def ask_cards(ctx: Ctx, numbers: Iterable[int]) -> dict[int, customers.Card]:
    found: dict[int, customers.Card] = {}
    for part in _parts(numbers):
        cards = await ctx.port(customers.CustomersPort).get_many(ctx, numbers=part)
        found |= {card.no: card for card in cards}
    return found


async def ask_staff(ctx: Ctx, ids: Iterable[int]) -> dict[int, str]:
    names: dict[int, str] = {}
    for part in _parts(one for one in ids if one):
        names |= {one.id: one.name for one in await ctx.port(identity.IdentityPort).list_staff(ctx, ids=part)}
    return names


async def ask_institutions(ctx: Ctx, ids: Iterable[int]) -> dict[int, identity.Institution]:
    found: dict[int, identity.Institution] = {}
    for part in _parts(one for one in ids if one):
        found |= {one.id: one for one in await ctx.port(identity.IdentityPort).list_institutions(ctx, ids=part)}
    return found


def _parts(ids: Iterable[int]) -> list[tuple[int, ...]]:
    each = sorted(set(ids))
    return [tuple(each[start : start + IDS_PER_QUESTION]) for start in range(0, len(each), IDS_PER_QUESTION)]


async def get_opportunity(ctx: Ctx, *, opportunity_id: UUID) -> rules.Opportunity:
    async with ctx.read() as tx:
        found = await store.find_opportunity(tx, ctx.principal.scope, opportunity_id=opportunity_id)
    if found is None:
        raise NotFound()
    return found


async def get_card(ctx: Ctx, *, opportunity_id: UUID) -> CardView:
    """One opportunity with everything a person needs to act on it."""
    async with ctx.read() as tx:
        found = await store.find_opportunity(tx, ctx.principal.scope, opportunity_id=opportunity_id)
        if found is None:
            raise NotFound()
        contacts = await contact_store.list_contacts(tx, opportunity_id=found.id)
        draft = await contact_store.find_draft(tx, opportunity_id=found.id, staff_id=ctx.principal.id)
        winner = await _find_winner(tx, ctx, found)
    lines = await add_customers(ctx, [found])
    if not lines:
        raise NotFound()
    phone = await ctx.port(customers.CustomersPort).get_phone(ctx, customer_no=found.customer_no)
    institutions = await ask_institutions(ctx, [found.institution_id])
    return CardView(
        line=lines[0],
        phone_masked=phone.masked() if phone else None,
        institution=institutions.get(found.institution_id),
        staff=await ask_staff(ctx, {found.manager_id, ctx.principal.id, *(one.staff_id for one in contacts)}),
        contacts=tuple(contacts),
        draft=draft,
        winner=winner,
    )


async def _find_winner(tx: Tx, ctx: Ctx, found: rules.Opportunity) -> rules.Opportunity | None:
    if found.outscored_by is None:
        return None
    return await store.find_opportunity(tx, ctx.principal.scope, opportunity_id=found.outscored_by)


async def get_part(ctx: Ctx, *, customer_no: int) -> customers.Part:
    """The opportunities on a customer's page."""
    async with ctx.read() as tx:
        found = await store.list_of_customer(tx, ctx.principal.scope, customer_no=customer_no, limit=PART_LINES_MAX)
    return customers.Part(kind="opportunities", lines=tuple(_part_line(one) for one in found))


def _part_line(one: rules.Opportunity) -> customers.PartLine:
    text = wording.text_of(one.rule, one.rule_version)
    return customers.PartLine(
        id=str(one.id),
        title=text.need,
        detail=text.why(one.value, one.facts),
        status=one.status,
        on=one.raised_on,
        amount=one.value,
    )
