"""Use cases of duplicates: looking for customers who are here already, the list to work through, and comparing two.

Whoever works through the list acts only on customers in their own scope. Where the other end lies outside it they learn
that the customer is known elsewhere, and nothing more.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from haoyou.centers.customers import (
    assignment,
    contract,
    duplicate_store,
    likeness,
    merge,
    merge_store,
    rules,
    sensitive,
    service,
    store,
)
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import NotFound
from haoyou.kernel.masking import Address, BirthDate, IdNumber, Phone

Found = dict[tuple[int, int], likeness.Likeness]
PLAIN_FIELDS = ("name", "sex", "id_kind", "uscc", "since", "occupation")
SEALED_FIELDS = ("birth_date", "phone", "id_number", "address")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two that may be one customer; None where the reader may not see that end."""

    row_key: tuple[int, int, int]
    one: service.Line | None
    other: service.Line | None
    like: likeness.Likeness
    different: bool


@dataclass(frozen=True, slots=True)
class Pairs:
    items: list[Pair]
    more: bool
    names: service.Names


@dataclass(frozen=True, slots=True)
class Side:
    """One of two customers that are compared; sensitive values are masked where they are shown."""

    line: service.Line
    profile: Row[Any]
    birth_date: BirthDate | None
    phone: Phone | None
    id_number: IdNumber | None
    address: Address | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`differing` and `matching`: fields of which both have a value."""

    sides: tuple[Side, Side]
    differing: tuple[str, ...]
    matching: tuple[str, ...]
    like: likeness.Likeness | None
    kinds_differ: bool
    identities_differ: bool
    names: service.Names


async def look(ctx: Ctx, *, told: contract.LookForDuplicates) -> None:
    """These customers are new or have changed: find out who else they may be, and forget who they are not any more."""
    async with ctx.write() as tx:
        groups = await merge_store.list_groups(tx, numbers=told.customers)
        numbers = {*told.customers, *groups}
        found = {pair: (like.score, " ".join(like.reasons)) for pair, like in (await _find(tx, numbers)).items()}
        await duplicate_store.put_open(tx, found, of=numbers, on=told.bank_date)


async def _find(tx: Tx, numbers: Collection[int]) -> Found:
    """Pairs with one of these customers in them, in terms of the customers they are merged into, each once."""
    alike = {rules.in_order(one, two) for one, two in await duplicate_store.list_alike(tx, numbers=numbers)}
    if not alike:
        return {}
    met = {number for both in alike for number in both}
    traces = await _read_traces(tx, met)
    survivors = await store.list_survivors(tx, numbers=met)
    different = await duplicate_store.list_different(tx, numbers=met | set(survivors.values()))
    found: Found = {}
    for one, two in sorted(alike):
        pair = rules.in_order(survivors.get(one, one), survivors.get(two, two))
        like = likeness.judge(traces[one], traces[two])
        if like is None or pair[0] == pair[1] or {(one, two), pair} & different:
            continue
        if pair not in found or found[pair].score < like.score:
            found[pair] = like
    return found


async def _read_traces(tx: Tx, numbers: Collection[int]) -> dict[int, likeness.Trace]:
    return {row.no: likeness.Trace(*row) for row in await duplicate_store.list_traces(tx, numbers=numbers)}


async def list_open(ctx: Ctx, *, after: Sequence[int] | None, limit: int) -> Pairs:
    """Pairs of which I see at least one end, the surest first."""
    scope = ctx.principal.scope
    async with ctx.audited_read() as tx:
        rows = await duplicate_store.list_open(tx, scope, after=after, limit=limit + 1)
        numbers = [number for row in rows[:limit] for number in (row.customer_no, row.other_no)]
        cards = await store.find_cards(tx, scope, numbers=numbers) if numbers else {}
        tx.audit("duplicates_listed", ids=sorted(cards))
    lines = {number: service.line_of(ctx, row) for number, row in cards.items()}
    items = [_pair(row, lines) for row in rows[:limit]]
    return Pairs(items, len(rows) > limit, await service.names_of(ctx, list(lines.values())))


def _pair(row: Row[Any], lines: Mapping[int, service.Line]) -> Pair:
    key = (row.score, row.customer_no, row.other_no)
    like = likeness.Likeness(row.score, tuple(likeness.Reason(one) for one in row.reasons.split()))
    return Pair(key, lines.get(row.customer_no), lines.get(row.other_no), like, row.state == "different")


async def list_of(ctx: Ctx, *, customer_id: UUID) -> Pairs:
    """Who one customer may be besides: looked for now among those I see, with what stands of all others."""
    scope = ctx.principal.scope
    async with ctx.audited_read() as tx:
        row = await store.find_card(tx, scope, customer_id=customer_id)
        if row is None:
            raise NotFound()
        members = await store.list_members(tx, row)
        found = await _find(tx, members)
        stands = await duplicate_store.list_of(tx, scope, numbers=members)
        numbers = {number for pair in found for number in pair} | {one.other_no for one in stands} | {row.no}
        cards = await store.find_cards(tx, scope, numbers=sorted(numbers))
        tx.audit("duplicates_searched", ids=sorted(cards))
    lines = {number: service.line_of(ctx, card) for number, card in cards.items()}
    pairs = {rules.in_order(one.customer_no, one.other_no): _pair(one, lines) for one in stands}
    pairs |= {
        (one, two): Pair((like.score, one, two), lines[row.no], lines[two if one == row.no else one], like, False)
        for (one, two), like in found.items()
        if {one, two} <= lines.keys()
    }
    items = sorted(pairs.values(), key=lambda pair: (pair.different, -pair.like.score, pair.row_key))
    return Pairs(items, False, await service.names_of(ctx, list(lines.values())))


async def compare(ctx: Ctx, *, one_id: UUID, other_id: UUID) -> Comparison:
    """Two customers beside each other: what is the same of both, what differs."""
    async with ctx.audited_read() as tx:
        sides = [await _read_side(ctx, tx, customer_id) for customer_id in (one_id, other_id)]
        one, other = sides
        if one.profile.no == other.profile.no:
            raise merge.AlreadyMerged()
        numbers = [one.profile.no, other.profile.no]
        traces = await _read_traces(tx, numbers)
        tx.audit("duplicates_compared", ids=numbers)
    verdicts = {name: _same(getattr(one.profile, name), getattr(other.profile, name)) for name in PLAIN_FIELDS}
    verdicts |= {name: _same(getattr(one, name), getattr(other, name)) for name in SEALED_FIELDS}
    return Comparison(
        sides=(one, other),
        differing=tuple(name for name, same in verdicts.items() if same is False),
        matching=tuple(name for name, same in verdicts.items() if same),
        like=likeness.judge(traces[numbers[0]], traces[numbers[1]]),
        kinds_differ=one.profile.kind != other.profile.kind,
        identities_differ=rules.identities_differ(*(traces[number].identity for number in numbers)),
        names=await service.names_of(ctx, [one.line, other.line]),
    )


async def _read_side(ctx: Ctx, tx: Tx, customer_id: UUID) -> Side:
    row = await store.find_card(tx, ctx.principal.scope, customer_id=customer_id)
    if row is None:
        raise NotFound()
    profile = await store.get_profile(tx, number=row.no)
    keys = ctx.house.keyring
    return Side(
        line=service.line_of(ctx, row),
        profile=profile,
        birth_date=sensitive.unseal(keys, BirthDate, profile.birth_date),
        phone=sensitive.unseal(keys, Phone, profile.phone),
        id_number=sensitive.unseal(keys, IdNumber, profile.id_number),
        address=sensitive.unseal(keys, Address, profile.address),
    )


def _same(one: object, other: object) -> bool | None:
    return None if one is None or other is None else one == other


async def declare_different(ctx: Ctx, *, one_id: UUID, other_id: UUID, reason: str) -> None:
    """I have looked: these are two customers. They are not proposed again."""
    scope = ctx.principal.scope
    today = await assignment.bank_day(ctx)
    async with ctx.write() as tx:
        rows = [await store.find_card(tx, scope, customer_id=customer_id) for customer_id in (one_id, other_id)]
        one, other = rows
        if one is None or other is None:
            raise NotFound()
        if one.no == other.no:
            raise merge.AlreadyMerged()
        await duplicate_store.declare_different(
            tx, one=one, other=other, by=ctx.principal.id, at=ctx.now, on=today, reason=reason
        )
        tx.refresh([ctx.principal.id], "duplicates")
        tx.audit("duplicate_dismissed", ids=[one.no, other.no], reason=reason)
