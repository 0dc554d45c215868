"""Use cases of merging: two numbers are one customer, and, when that was wrong, are not.

A merge rewrites nothing that was said of either number. It names the survivor, keeps the loser where the survivor is,
and lets lists and pages read both together; so undoing it only has to take the name away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from haoyou.centers.customers import (
    assignment,
    assignment_store,
    contract,
    duplicate_store,
    handover,
    merge_store,
    rules,
    service,
    store,
)
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import Conflict, NotFound
from haoyou.kernel.ids import new_id
from haoyou.kernel.principal import Scope
from haoyou.kernel.web.problem import invalid_field

MEMBERS_MAX = 10  # numbers of one customer; more is a mistake of whoever merges, and every page asks for all of them


class AlreadyMerged(Conflict):
    code = "customers.already_merged"
    title = "One of the two has been merged into another customer"


class KindsDiffer(Conflict):
    code = "customers.kinds_differ"
    title = "A person and a firm are not the same customer"


class IdentitiesDiffer(Conflict):
    code = "customers.identities_differ"
    title = "The two have different identity numbers"


class TooManyMembers(Conflict):
    """`most`: how many numbers one customer may have."""

    code = "customers.too_many_members"
    title = "One customer may not have so many numbers"


class MergeUndone(Conflict):
    code = "customers.merge_undone"
    title = "This merge has been undone"


class BelongsElsewhere(Conflict):
    code = "customers.belongs_elsewhere"
    title = "Alone, this customer would belong to a place outside your own"


@dataclass(frozen=True, slots=True)
class Merge:
    """`card`: the customer the survivor is part of now; None where they are merged no more and out of sight."""

    row: Row[Any]
    card: contract.Card | None


@dataclass(frozen=True, slots=True)
class Merges:
    items: list[Merge]
    more: bool
    names: service.Names


async def merge(ctx: Ctx, *, survivor_id: UUID, loser_id: UUID, reason: str, different_identities: bool) -> UUID:
    """From now on the loser's number is the survivor's customer; both, and all numbers merged into them before."""
    if survivor_id == loser_id:
        raise invalid_field("loser_id", "same", "name two customers")
    today = await assignment.bank_day(ctx)
    merge_id = new_id()
    async with ctx.write() as tx:
        both = await merge_store.lock_pair(tx, ctx.principal.scope, customer_ids=[survivor_id, loser_id])
        if len(both) < 2:
            raise NotFound()
        survivor, loser = both[survivor_id], both[loser_id]
        await merge_store.be_alone(tx)
        _check(survivor, loser, different_identities=different_identities)
        await _check_groups(tx, survivor, loser)
        await merge_store.add_merge(
            tx,
            store.place(survivor)
            | {
                "id": merge_id,
                "customer_no": survivor.no,
                "loser_no": loser.no,
                "reason": reason,
                "merged_by": ctx.principal.id,
                "merged_at": ctx.now,
                "merged_on": today,
            },
        )
        await merge_store.join(tx, survivor=survivor.no, loser=loser.no)
        await _give(tx, survivor, _place(survivor), today.toordinal(), (survivor, loser))
        await duplicate_store.forget(tx, number=loser.no)
        tx.tell(contract.LookForDuplicates((loser.no,), today))
        tx.refresh([ctx.principal.id], "duplicates", "merges")
        tx.audit(
            "customers_merged",
            ids=[survivor.no, loser.no],
            reason=reason,
            merge=str(merge_id),
            different_identities=different_identities,
        )
    return merge_id


def _check(survivor: Row[Any], loser: Row[Any], *, different_identities: bool) -> None:
    if survivor.kind != loser.kind:
        raise KindsDiffer()
    one, other = (rules.Identity(row.id_kind, row.id_index, row.uscc) for row in (survivor, loser))
    if rules.identities_differ(one, other) and not different_identities:
        raise IdentitiesDiffer()


async def _check_groups(tx: Tx, survivor: Row[Any], loser: Row[Any]) -> None:
    groups = await merge_store.list_groups(tx, numbers=[survivor.no, loser.no])
    if any(groups.get(one.no, one.no) != one.no for one in (survivor, loser)):
        raise AlreadyMerged()
    if len({survivor.no, loser.no, *groups}) > MEMBERS_MAX:
        raise TooManyMembers(most=MEMBERS_MAX)


async def _give(tx: Tx, row: Row[Any], place: rules.Place, least: int, seen_by: Sequence[Row[Any]]) -> None:
    """Bring a customer with all their numbers to a place; `seen_by`: customers whose open pages change."""
    people = [one.manager_id for one in seen_by]
    await handover.give(tx, {row.no: place}, least=least, people=people, keys=[f"customer:{one.id}" for one in seen_by])


async def undo(ctx: Ctx, *, merge_id: UUID, reason: str) -> None:
    """The loser of a merge is a customer of their own again, with the numbers merged into them before."""
    scope = ctx.principal.scope
    today = await assignment.bank_day(ctx)
    async with ctx.write() as tx:
        found = await merge_store.find_merge(tx, scope, merge_id=merge_id)
        if found is None:
            raise NotFound()
        both = {row.no: row for row in await store.lock_customers(
            tx, scope, numbers=sorted((found.customer_no, found.loser_no))
        )}  # fmt: skip
        await merge_store.be_alone(tx)
        found = await merge_store.find_merge(tx, scope, merge_id=merge_id, lock=True)
        if found is None or len(both) < 2:
            raise NotFound()
        if found.undone_at is not None:
            raise MergeUndone()
        survivor, loser = both[found.customer_no], both[found.loser_no]
        own = await merge_store.get_member(tx, number=loser.no)
        if not _is_within(scope, own):
            raise BelongsElsewhere()
        groups = await merge_store.list_groups(tx, numbers=[loser.no])
        edges = await merge_store.list_edges(tx, numbers=sorted(groups))
        await merge_store.undo_merge(tx, merge_id=merge_id, by=ctx.principal.id, at=ctx.now, reason=reason)
        await merge_store.part(
            tx, survivor=groups[loser.no], loser=loser, leaving=rules.merged_below(loser.no, edges)
        )  # fmt: skip
        words = await assignment_store.list_words(tx, numbers=[loser.no])
        manager = rules.manager_on(words.get(loser.no, ()), today)
        place = rules.Place(own.own_institution_id, manager, own.own_line)
        await _give(tx, loser, place, today.toordinal(), (survivor, loser))
        await duplicate_store.declare_different(
            tx, one=survivor, other=loser, by=ctx.principal.id, at=ctx.now, on=today, reason=reason
        )
        tx.tell(contract.LookForDuplicates(rules.in_order(survivor.no, loser.no), today))
        tx.refresh([ctx.principal.id], "duplicates", "merges")
        tx.audit("merge_undone", ids=[survivor.no, loser.no], reason=reason, merge=str(merge_id))


def _is_within(scope: Scope, own: Row[Any]) -> bool:
    """Whether whoever undoes the merge may still see the customer where they then belong."""
    return scope.everything or (own.own_institution_id in scope.units and own.own_line in scope.lines)


def _place(row: Row[Any]) -> rules.Place:
    return rules.Place(row.institution_id, row.manager_id, row.line)


async def list_merges(ctx: Ctx, *, after: tuple[datetime, UUID] | None, limit: int) -> Merges:
    """Merges of the customers I answer for, undone ones too."""
    scope = ctx.principal.scope
    async with ctx.audited_read() as tx:
        rows = await merge_store.list_merges(tx, scope, after=after, limit=limit + 1)
        numbers = [row.customer_no for row in rows[:limit]]
        cards: Mapping[int, Row[Any]] = await store.find_cards(tx, scope, numbers=numbers) if numbers else {}
        tx.audit("merges_listed", ids=numbers)
    names = await service.name_people(ctx, staff={row.merged_by for row in rows} | {row.undone_by or 0 for row in rows})
    items = [Merge(row, store.card(cards[row.customer_no]) if row.customer_no in cards else None) for row in rows]
    return Merges(items[:limit], len(rows) > limit, names)
