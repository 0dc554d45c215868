"""Changes of hands: the one way in which customers come to another place or manager, here and everywhere.

The institution and line of a customer are what the bank's feed says; the house decides the manager only. So everybody
who may decide about a customer sees the row before and after, and row-level security judges both ends of every change.
A number that was merged into another customer stands where that customer stands, whatever is said of it alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from haoyou.centers.customers import assignment_store, contract, merge_store, rules
from haoyou.kernel.ctx import Ctx, Tx

BATCH = 1_000  # customers of one transaction, and of one message
KEYS_MAX = 20  # open pages named one by one; beyond, the word for all lists will do


async def settle(tx: Tx, rows: Sequence[Row[Any]], *, on: date) -> dict[int, int]:
    """Bring these customers (locked rows) to what feed and house say of that day; answers who went to whom."""
    assert len(rows) <= BATCH
    followers = await merge_store.list_followers(tx, numbers=[row.no for row in rows])
    rows = [row for row in rows if row.no not in followers]
    words = await assignment_store.list_words(tx, numbers=[row.no for row in rows])
    managers = {row.no: rules.manager_on(words.get(row.no, ()), on) for row in rows}
    changed = {row.no: managers[row.no] for row in rows if row.manager_id != managers[row.no]}
    moved = [row for row in rows if row.no in changed]
    await give(
        tx,
        {row.no: rules.Place(row.institution_id, changed[row.no], row.line) for row in moved},
        least=on.toordinal(),
        people=[row.manager_id for row in moved],
        keys=[f"customer:{row.id}" for row in moved[:KEYS_MAX]],
    )
    return changed


async def give(
    tx: Tx, places: Mapping[int, rules.Place], *, least: int, people: Iterable[int] = (), keys: Sequence[str] = ()
) -> None:
    """Give these customers to their new place, with all numbers merged into them, here and by message everywhere.

    `least` is the smallest version the change may carry; `people` who had them, whose screens change too, and `keys`
    what else those show.
    """
    followers = await merge_store.list_followers(tx, numbers=list(places))
    places = {number: to for number, to in places.items() if number not in followers} | {
        number: places[survivor] for number, survivor in followers.items() if survivor in places
    }
    if not places:
        return
    versions = await assignment_store.next_versions(tx, numbers=list(places), least=least)
    await assignment_store.give(tx, places)
    changes = tuple(
        contract.Assigned(number, to.institution_id, to.manager_id or None, versions[number], to.line)
        for number, to in sorted(places.items())
    )
    for start in range(0, len(changes), BATCH):
        tx.tell(contract.AssignmentChanged(changes=changes[start : start + BATCH]))
    tx.refresh({*people, *(to.manager_id for to in places.values())}, "customers", *keys)


def decisions(
    ctx: Ctx,
    rows: Iterable[Row[Any]],
    *,
    staff: Mapping[int, int],
    kind: str = "primary",
    origin: str,
    reason: str,
    today: date,
    from_date: date,
    to_date: date | None = None,
    holds: bool = True,
    move_id: UUID | None = None,
) -> list[dict[str, Any]]:
    """The house's word about these customers (locked rows): from a day on, this person looks after them."""
    return [
        {
            "customer_no": row.no,
            "institution_id": row.institution_id,
            "manager_id": row.manager_id,
            "line": row.line,
            "kind": kind,
            "staff_id": staff[row.no],
            "holds": holds,
            "from_date": from_date,
            "to_date": to_date,
            "before_id": row.manager_id,
            "origin": origin,
            "move_id": move_id,
            "reason": reason,
            "decided_by": ctx.principal.caused_by or ctx.principal.id,
            "decided_at": ctx.now,
            "decided_on": today,
            "open_claim": origin == "claim",
        }
        for row in rows
    ]
