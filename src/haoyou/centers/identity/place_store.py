"""SQL of identity around the tree of institutions as administrators see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.identity import contract, tables
from haoyou.kernel.ctx import Tx
from haoyou.kernel.names import Name

_ABOVE = text(
    "with recursive above as (select id, parent_id from identity.institution where id = any(:ids) union"
    " select i.id, i.parent_id from identity.institution i join above a on i.id = a.parent_id)"
    " select distinct p.staff_id from above a join identity.post p on p.institution_id = a.id"
    " where p.ended_at is null order by p.staff_id"
)
_HOLD_TREE = text("lock table identity.institution in share row exclusive mode")

_I, _P = tables.institution, tables.post


@dataclass(frozen=True, slots=True)
class Place:
    """An institution as an administrator sees it; `edited`: it differs from what the feed last said."""

    institution: contract.Institution
    closed_on: date | None
    staff: int
    edited: bool


async def hold_tree(tx: Tx) -> None:
    """One change of the tree at a time, by hand or by a feed: two innocent moves together may close a circle."""
    await tx.run(_HOLD_TREE)


async def list_places(tx: Tx, *, ids: Sequence[int]) -> list[Place]:
    live = (
        select(_P.c.institution_id, func.count(_P.c.staff_id.distinct()).label("staff"))
        .where(_P.c.ended_at.is_(None), _P.c.institution_id.in_(ids))
        .group_by(_P.c.institution_id)
        .subquery()
    )
    parent = _I.alias()
    query = (
        select(_I, parent.c.code.label("parent_code"), func.coalesce(live.c.staff, 0).label("staff"))
        .outerjoin(parent, parent.c.id == _I.c.parent_id)
        .outerjoin(live, live.c.institution_id == _I.c.id)
        .where(_I.c.id.in_(ids))
        .order_by(_I.c.code)
    )
    return [_place(row) for row in await tx.all(query)]


def _place(row: Row[Any]) -> Place:
    says: Mapping[str, Any] | None = row.fed
    now = {"name": row.name, "kind": row.kind, "parent": row.parent_code}
    kind = contract.InstitutionKind(row.kind)
    institution = contract.Institution(row.id, row.code, Name.read(row.name), kind, row.parent_id)
    return Place(institution, row.closed_on, row.staff, edited=says is None or dict(says) != now)


async def add(tx: Tx, *, code: str, name: Name, kind: str, parent_id: int) -> int | None:
    """The number of the new institution; nothing when the code is taken."""
    statement = insert(_I).values(code=code, name=name.stored(), kind=kind, parent_id=parent_id)
    return await tx.value(statement.on_conflict_do_nothing(index_elements=[_I.c.code]).returning(_I.c.id))


async def rename(tx: Tx, *, institution_id: int, name: Name) -> None:
    await tx.run(update(_I).where(_I.c.id == institution_id).values(name=name.stored()))


async def move(tx: Tx, *, institution_id: int, parent_id: int) -> None:
    await tx.run(update(_I).where(_I.c.id == institution_id).values(parent_id=parent_id))


async def close(tx: Tx, *, institution_id: int, on: date) -> None:
    await tx.run(update(_I).where(_I.c.id == institution_id).values(closed_on=on))


async def reopen(tx: Tx, *, ids: Sequence[int]) -> None:
    await tx.run(update(_I).where(_I.c.id.in_(ids), _I.c.closed_on.is_not(None)).values(closed_on=None))


async def list_open(tx: Tx, *, ids: Sequence[int]) -> list[int]:
    return [row.id for row in await tx.all(select(_I.c.id).where(_I.c.id.in_(ids), _I.c.closed_on.is_(None)))]


async def hold_open(tx: Tx, *, institution_id: int) -> bool:
    """Whether an institution is open, and stays so until this transaction ends."""
    query = select(_I.c.id).where(_I.c.id == institution_id, _I.c.closed_on.is_(None))
    return await tx.value(query.with_for_update(read=True)) is not None


async def is_top(tx: Tx, *, institution_id: int) -> bool:
    return await tx.value(select(_I.c.id).where(_I.c.id == institution_id, _I.c.parent_id.is_(None))) is not None


async def count_staff(tx: Tx, *, institution_ids: Sequence[int]) -> int:
    """People with a live post in one of these."""
    live = (_P.c.institution_id.in_(institution_ids), _P.c.ended_at.is_(None))
    return await tx.value(select(func.count(_P.c.staff_id.distinct())).where(*live))


async def list_people_above(tx: Tx, *, institution_ids: Sequence[int]) -> list[int]:
    """Who works in these institutions or in one above them: their view changes when the tree does."""
    return [row.staff_id for row in await tx.all(_ABOVE, {"ids": list(institution_ids)})]


async def list_people_of(tx: Tx, *, institution_ids: Sequence[int]) -> list[int]:
    """Everybody who holds or ever held a post in one of these."""
    rows = await tx.all(select(_P.c.staff_id).distinct().where(_P.c.institution_id.in_(institution_ids)))
    return [row.staff_id for row in rows]


async def find_people(tx: Tx, *, word: str, below: Sequence[int] | None, limit: int) -> list[int]:
    """People by staff number or part of their name; of these institutions, or of all when none are named."""
    s = tables.staff
    query = select(s.c.id).where((s.c.code == word) | (func.strpos(s.c.name, word) > 0)).order_by(s.c.id).limit(limit)
    if below is not None:
        query = query.where(s.c.id.in_(select(_P.c.staff_id).where(_P.c.institution_id.in_(below))))
    return [row.id for row in await tx.all(query)]
