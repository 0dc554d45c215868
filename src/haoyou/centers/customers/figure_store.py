"""SQL of what lists show of a customer: totals, last contact, opportunities. Of whoever is alone it stands in the
listing, of each member of a merged customer in member, and the listing of their survivor says what they are together.
"""

from collections.abc import Collection
from datetime import date

from sqlalchemy import Table, and_, func, select, update

from haoyou.centers.customers import detail_store, feed_store, merge_store, rules, tables
from haoyou.kernel.ctx import Tx

_L, _M = tables.listing, tables.member


async def renew_totals(tx: Tx, *, numbers: Collection[int], currency: str, on: date) -> None:
    """Totals of these customers from their holdings, and as positions of that day."""
    await merge_store.hold_off(tx)
    groups = await merge_store.list_groups(tx, numbers=numbers)
    for figures, several in _sorted_out(set(numbers), groups):
        await feed_store.renew_totals(tx, figures, numbers=several, currency=currency, on=on)
        await detail_store.keep_positions(tx, figures, numbers=several, day=on)
    await _fold(tx, set(numbers), groups)


async def pass_maturities(tx: Tx, *, on: date, currency: str, most: int) -> None:
    """Customers whose next maturity lies behind them have another next one, or none.

    It may have been any member's, so all members are looked at.
    """
    await merge_store.hold_off(tx)
    matured = set(await feed_store.list_matured(tx, on=on, limit=most))
    groups = await merge_store.list_groups(tx, numbers=matured) if matured else {}
    for figures, several in _sorted_out(matured | groups.keys(), groups):
        await feed_store.renew_totals(tx, figures, numbers=several, currency=currency, on=on)
    await _fold(tx, matured, groups)


async def set_last_contact(tx: Tx, *, number: int, on: date) -> None:
    await merge_store.hold_off(tx)
    groups = await merge_store.list_groups(tx, numbers=[number])
    t = _M if groups else _L
    await tx.run(
        update(t).where(t.c.customer_no == number).values(last_contact_on=func.greatest(t.c.last_contact_on, on))
    )
    await _fold(tx, {number}, groups)


async def recount_last_contact(tx: Tx, *, number: int) -> None:
    """A contact was withdrawn: the last of those that stand counts."""
    await merge_store.hold_off(tx)
    groups = await merge_store.list_groups(tx, numbers=[number])
    t, k = (_M if groups else _L), tables.contact
    stands = (k.c.customer_no == number, k.c.withdrawn.is_(False), k.c.outcome != "not_reached")
    last = select(func.max(k.c.bank_date)).where(*stands).scalar_subquery()
    await tx.run(update(t).where(t.c.customer_no == number).values(last_contact_on=func.coalesce(last, rules.NEVER)))
    await _fold(tx, {number}, groups)


async def set_stamp(tx: Tx, *, number: int, open_opportunities: int, version: int) -> None:
    """Only a newer stamp counts: messages may come late or twice."""
    await merge_store.hold_off(tx)
    groups = await merge_store.list_groups(tx, numbers=[number])
    t = _M if groups else _L
    newer = and_(t.c.customer_no == number, t.c.stamp_version < version)
    await tx.run(update(t).where(newer).values(open_opportunities=open_opportunities, stamp_version=version))
    await _fold(tx, {number}, groups)


def _sorted_out(numbers: set[int], groups: dict[int, int]) -> list[tuple[Table, list[int]]]:
    both = (_L, sorted(numbers - groups.keys())), (_M, sorted(numbers & groups.keys()))
    return [(figures, several) for figures, several in both if several]


async def _fold(tx: Tx, numbers: set[int], groups: dict[int, int]) -> None:
    if survivors := {groups[number] for number in numbers if number in groups}:
        await merge_store.fold(tx, survivors=survivors)
