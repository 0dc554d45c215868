"""Use cases of lists: a page, search, and what days and places a filter means today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from haoyou.centers.customers import listing_store, rules, sensitive, service, store
from haoyou.centers.identity import contract as identity
from haoyou.kernel.ctx import Ctx

SEARCH_MAX = 20


@dataclass(frozen=True, slots=True)
class Page:
    """`following`: where the next page begins, None at the end; `count` None beyond 1,000 and on later pages."""

    lines: list[service.Line]
    following: tuple[Any, int] | None
    count: int | None


async def choose(ctx: Ctx, wanted: rules.Wanted) -> rules.Selection:
    """What a filter means today: the day is the bank's, an institution stands for all below it within reach."""
    people = ctx.port(identity.IdentityPort)
    today = (await people.get_bank_day(ctx)).business_date if wanted.asks_for_days else date.min
    units = None
    if wanted.institution_id is not None:
        places = await people.list_institutions(ctx, ids=ctx.principal.scope.units)
        units = rules.below([(place.id, place.parent_id) for place in places], wanted.institution_id)
    return rules.Selection(wanted, today, units)


async def list_customers(ctx: Ctx, *, wanted: rules.Wanted, after: Sequence[Any] | None, limit: int) -> Page:
    """Masked telephone numbers are C2: audited."""
    chosen, scope = await choose(ctx, wanted), ctx.principal.scope
    async with ctx.audited_read() as tx:
        rows = await listing_store.list_page(tx, scope, chosen, after=after, limit=limit + 1)
        count = None if after else await listing_store.count(tx, scope, chosen)
        tx.audit("customers_listed", ids=[row.no for row in rows[:limit]])
    following = listing_store.position(rows[limit - 1], wanted.sort) if len(rows) > limit else None
    return Page([service.line_of(ctx, row) for row in rows[:limit]], following, count)


async def search(ctx: Ctx, *, query: str) -> list[service.Line]:
    """By name or any part of it, pinyin, initials, customer number, telephone or its last four digits, ID number."""
    wanted = "".join(query.split()).lower()
    if not wanted:
        return []
    scope = ctx.principal.scope
    async with ctx.audited_read() as tx:
        numbers = await listing_store.search_tokens(tx, scope, start=wanted, limit=SEARCH_MAX)
        for column, value in _fingerprints(ctx, wanted):
            numbers += await store.search_index(tx, scope, column=column, value=value, limit=SEARCH_MAX)
        found = list(dict.fromkeys(numbers))[:SEARCH_MAX]
        cards = await store.find_cards(tx, scope, numbers=found)
        rows = list({cards[number].no: cards[number] for number in found if number in cards}.values())
        tx.audit("customers_searched", ids=[row.no for row in rows], reason=_shape(wanted))
    return [service.line_of(ctx, row) for row in rows]


async def list_cards(ctx: Ctx, *, ids: Sequence[UUID]) -> list[service.Line]:
    """Those of these customers that are within reach, in the order they were named in."""
    place_of = {one: place for place, one in enumerate(dict.fromkeys(ids))}
    async with ctx.audited_read() as tx:
        rows = await store.list_cards_of(tx, ctx.principal.scope, ids=list(place_of))
        tx.audit("customers_listed", ids=[row.no for row in rows])
    return [service.line_of(ctx, row) for row in sorted(rows, key=lambda row: place_of[row.id])]


def _fingerprints(ctx: Ctx, wanted: str) -> list[tuple[str, str]]:
    keys = ctx.house.keyring
    found: list[tuple[str, str]] = []
    if wanted.isdigit() and len(wanted) == rules.PHONE_TAIL:
        found.append(("phone_tail_index", sensitive.phone_tail_index(keys, wanted)))
    if wanted.isdigit() and len(wanted) >= 7:
        found.append(("phone_index", sensitive.phone_index(keys, wanted)))
    if len(wanted) >= 15:
        found.append(("id_index", sensitive.id_index(keys, wanted)))
    return found


def _shape(wanted: str) -> str:
    """What kind of thing was typed; the words themselves may be an ID number and stay out of the record."""
    return f"{'digits' if wanted.isdigit() else 'letters'}:{len(wanted)}"
