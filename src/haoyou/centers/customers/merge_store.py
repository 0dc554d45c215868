"""SQL of merges: which numbers are one customer, and the figures of each number alone while they are.

The listing of a merged customer is one row, the survivor's, over all members; what each member has alone stands in
`member`, kept there by the very statements that keep the listing of whoever is alone. So undoing copies, it never
reckons back.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.customers import rules, tables
from haoyou.centers.customers.store import mine
from haoyou.kernel.ctx import Tx
from haoyou.kernel.db.scope import one_of
from haoyou.kernel.principal import Scope

_C, _G, _M = tables.customer, tables.merge, tables.member

# Rows of customers are locked before this, never after: so nobody who waits here is waited for.
_HOLD_OFF = text("select pg_advisory_xact_lock_shared(hashtextextended('customers.merge', 0))")
_ALONE = text("select pg_advisory_xact_lock(hashtextextended('customers.merge', 0))")
_GROUPS = text(
    "select m.customer_no, m.survivor_no from customers.member m where m.survivor_no in"
    " (select w.survivor_no from customers.member w where w.customer_no = any(cast(:numbers as int[])))"
)
_FOLD = text(
    "update customers.listing l set members = s.members, deposits_minor = s.deposits, loans_minor = s.loans,"
    " aum_minor = s.aum, currency = s.currency, as_of = s.as_of, last_contact_on = s.last_contact_on,"
    " next_maturity_on = s.next_maturity_on, open_opportunities = s.open_opportunities,"
    " stamp_version = s.stamp_version, tier = case when s.aum >= :platinum then 'platinum'"
    "   when s.aum >= :gold then 'gold' when s.aum >= :silver then 'silver' else 'plain' end"
    " from (select own.customer_no, own.currency, own.stamp_version, count(*) as members,"
    "   sum(m.deposits_minor) filter (where m.currency = own.currency) as deposits,"
    "   sum(m.loans_minor) filter (where m.currency = own.currency) as loans,"
    "   sum(m.aum_minor) filter (where m.currency = own.currency) as aum,"
    "   max(m.as_of) as as_of, max(m.last_contact_on) as last_contact_on, min(m.next_maturity_on) as next_maturity_on,"
    "   sum(m.open_opportunities) as open_opportunities"
    "   from customers.member own join customers.member m on m.survivor_no = own.customer_no"
    "   where own.customer_no = any(cast(:survivors as int[])) group by own.customer_no) s"
    " where l.customer_no = s.customer_no"
)
_FIGURES = (
    "currency, deposits_minor, loans_minor, aum_minor, tier, as_of, last_contact_on, next_maturity_on,"
    " open_opportunities, stamp_version"
)
_JOIN = text(
    "insert into customers.member (customer_no, institution_id, manager_id, line, survivor_no, own_institution_id,"  # noqa: S608 (names of our own columns)
    f"  own_line, {_FIGURES})"
    f" select customer_no, institution_id, manager_id, line, customer_no, institution_id, line, {_FIGURES}"
    " from customers.listing where customer_no = any(cast(:numbers as int[]))"
    " on conflict (customer_no) do nothing"
)
_LIST_AGAIN = text(
    "insert into customers.listing (customer_no, institution_id, manager_id, line, kind, sort_name, members,"  # noqa: S608 (names of our own columns)
    f"  {_FIGURES})"
    f" select customer_no, institution_id, manager_id, line, :kind, :sort_name, 1, {_FIGURES}"
    " from customers.member where customer_no = :number"
)
_OWN_PLACES = text(
    "update customers.member m set own_institution_id = n.institution_id, own_line = n.line"
    " from unnest(cast(:numbers as int[]), cast(:institutions as int[]), cast(:lines as text[]))"
    "   as n (customer_no, institution_id, line) where m.customer_no = n.customer_no"
)


async def hold_off(tx: Tx) -> None:
    """Until this transaction ends nobody is merged: whoever writes figures must know in which row they belong."""
    await tx.run(_HOLD_OFF)


async def be_alone(tx: Tx) -> None:
    """Wait for all who hold merges off, and keep them waiting until this transaction ends."""
    await tx.run(_ALONE)


async def list_groups(tx: Tx, *, numbers: Collection[int]) -> dict[int, int]:
    """Member → survivor, of every merged customer to whom one of these numbers belongs; whoever is alone is absent."""
    return {row.customer_no: row.survivor_no for row in await tx.all(_GROUPS, {"numbers": list(numbers)})}


async def list_numbers(tx: Tx, *, number: int) -> list[int]:
    """All numbers of the customer to whom this one belongs; this one alone where nobody was merged."""
    return sorted(await list_groups(tx, numbers=[number])) or [number]


async def list_followers(tx: Tx, *, numbers: Collection[int]) -> dict[int, int]:
    """Loser → survivor, of the losers among these numbers and of those whose survivor is."""
    query = select(_M.c.customer_no, _M.c.survivor_no).where(
        _M.c.customer_no != _M.c.survivor_no,
        or_(one_of(_M.c.customer_no, numbers), one_of(_M.c.survivor_no, numbers)),
    )
    return {row.customer_no: row.survivor_no for row in await tx.all(query)}


async def set_own_places(tx: Tx, places: Mapping[int, tuple[int, str]]) -> None:
    """Where the feed says that these members belong (institution, line), to go there when they are alone again."""
    values = {
        "numbers": list(places),
        "institutions": [institution for institution, _ in places.values()],
        "lines": [line for _, line in places.values()],
    }
    await tx.run(_OWN_PLACES, values)


async def fold(tx: Tx, *, survivors: Collection[int]) -> None:
    """Write what all members have together on the listing of their survivor."""
    tiers = {tier: least for tier, least in rules.TIERS if least}
    await tx.run(_FOLD, {"survivors": sorted(survivors)} | tiers)


async def lock_pair(tx: Tx, scope: Scope, *, customer_ids: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    """Both customers as they are, merged or not, held in the order of their numbers."""
    query = select(_C).where(one_of(_C.c.id, customer_ids), mine(scope, _C)).order_by(_C.c.no)
    return {row.id: row for row in await tx.all(query.with_for_update())}


async def join(tx: Tx, *, survivor: int, loser: int) -> None:
    """Make one customer of two, each alone or the survivor of others."""
    await tx.run(_JOIN, {"numbers": [survivor, loser]})
    await tx.run(update(_M).where(_M.c.survivor_no == loser).values(survivor_no=survivor))
    await tx.run(tables.listing.delete().where(tables.listing.c.customer_no == loser))
    await fold(tx, survivors=[survivor])


async def part(tx: Tx, *, survivor: int, loser: Row[Any], leaving: Collection[int]) -> None:
    """Let `leaving`, of whom `loser` (the customer's row) is the survivor from now on, be a customer of their own."""
    await tx.run(update(_M).where(one_of(_M.c.customer_no, leaving)).values(survivor_no=loser.no))
    named = {"kind": loser.kind, "sort_name": rules.sort_name(loser.name, loser.code)}
    await tx.run(_LIST_AGAIN, named | {"number": loser.no})
    await fold(tx, survivors=[survivor, loser.no])
    groups = await list_groups(tx, numbers=[survivor, loser.no])
    alone = [number for number in (survivor, loser.no) if list(groups.values()).count(number) == 1]
    await tx.run(_M.delete().where(one_of(_M.c.customer_no, alone)))


async def get_member(tx: Tx, *, number: int) -> Row[Any]:
    row = await tx.first(select(_M).where(_M.c.customer_no == number))
    assert row, "every number of a merge that holds is a member"
    return row


async def add_merge(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(_G).values(values))


async def find_merge(tx: Tx, scope: Scope, *, merge_id: UUID, lock: bool = False) -> Row[Any] | None:
    query = select(_G).where(_G.c.id == merge_id, mine(scope, _G))
    return await tx.first(query.with_for_update() if lock else query)


async def undo_merge(tx: Tx, *, merge_id: UUID, by: int, at: datetime, reason: str) -> None:
    values = {"undone_by": by, "undone_at": at, "undone_reason": reason}
    await tx.run(update(_G).where(_G.c.id == merge_id).values(values))


async def list_edges(tx: Tx, *, numbers: Collection[int]) -> dict[int, int]:
    """Loser → the survivor it was merged into, as decided, of the merges that hold among these numbers."""
    query = select(_G.c.loser_no, _G.c.customer_no).where(one_of(_G.c.loser_no, numbers), _G.c.undone_at.is_(None))
    return {row.loser_no: row.customer_no for row in await tx.all(query)}


async def list_merged_into(tx: Tx, scope: Scope, *, numbers: Sequence[int]) -> Sequence[Row[Any]]:
    """The merges that hold among these numbers, with the loser's own number and name, the newest first."""
    columns = (_G, _C.c.code.label("loser_code"), _C.c.name.label("loser_name"), _C.c.kind.label("loser_kind"))
    query = select(*columns).join_from(_G, _C, _C.c.no == _G.c.loser_no)
    query = query.where(one_of(_G.c.loser_no, numbers), _G.c.undone_at.is_(None), mine(scope, _G))
    return await tx.all(query.order_by(_G.c.merged_at.desc(), _G.c.id.desc()))


async def list_merges(tx: Tx, scope: Scope, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Row[Any]]:
    """Merges of the reader's customers, undone ones too, the newest first."""
    columns = (_G, _C.c.code.label("loser_code"), _C.c.name.label("loser_name"), _C.c.kind.label("loser_kind"))
    query = select(*columns).join_from(_G, _C, _C.c.no == _G.c.loser_no).where(mine(scope, _G))
    query = query.order_by(_G.c.merged_at.desc(), _G.c.id.desc()).limit(limit)
    return await tx.all(query.where(tuple_(_G.c.merged_at, _G.c.id) < tuple_(*after)) if after else query)
