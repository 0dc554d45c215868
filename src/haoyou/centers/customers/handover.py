"""Changes of hands: the one way in which the house gives customers to another manager, here and everywhere.

The institution of a customer is where the bank's feed books them; the house never changes it. So everybody who may
decide about a customer sees the row before and after, and row-level security judges both ends of every change.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from haoyou.centers.customers import assignment_store, contract, rules
from haoyou.kernel.ctx import Ctx, Tx

BATCH = 1_000  # customers of one transaction, and of one message


async def settle(tx: Tx, rows: Sequence[Row[Any]], *, on: date) -> dict[int, int]:
    """Bring these customers (locked rows) to what feed and house say of that day; answers who went to whom."""
    assert len(rows) <= BATCH
    words = await assignment_store.list_words(tx, numbers=[row.no for row in rows])
    managers = {row.no: rules.manager_on(words.get(row.no, ()), on) for row in rows}
    changed = {row.no: managers[row.no] for row in rows if row.manager_id != managers[row.no]}
    if changed:
        await _give(tx, [row for row in rows if row.no in changed], changed, on=on)
    return changed


async def _give(tx: Tx, rows: Sequence[Row[Any]], managers: Mapping[int, int], *, on: date) -> None:
    versions = await assignment_store.next_versions(tx, numbers=list(managers), least=on.toordinal())
    await assignment_store.give(tx, managers)
    tx.tell(
        contract.AssignmentChanged(
            changes=tuple(
                contract.Assigned(row.no, row.institution_id, managers[row.no] or None, versions[row.no], row.line)
                for row in rows
            )
        )
    )
    people = {row.manager_id for row in rows} | set(managers.values())
    tx.refresh(people, "customers", *(f"customer:{row.id}" for row in rows[:20]))


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
