"""Every SQL statement of identity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, case, func, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from haoyou.centers.identity import contract, rules, tables
from haoyou.kernel.ctx import Tx
from haoyou.kernel.db.scope import one_of
from haoyou.kernel.names import Name

_HOLDER = (
    "select s.id as session_id, s.staff_id, s.created_at, s.seen_at, s.device,"
    " coalesce(s.end_reason, '') as end_reason, t.code, t.name, t.left_on,"
    " t.must_change and s.way = 'password' as must_change, p.id as post_id,"
    " p.institution_id, p.lines, p.ended_at as post_ended_at,"
    " r.code as role, r.reach, r.permissions,"
    " case when r.reach = 'subtree' then array("
    "   with recursive below as (select p.institution_id as id union all"
    "     select i.id from identity.institution i join below b on i.parent_id = b.id) select id from below order by id)"
    " else array[]::integer[] end as subtree"
    " from identity.session s join identity.staff t on t.id = s.staff_id join identity.post p on p.id = s.post_id"
    " join identity.role r on r.code = p.role"
)
_HOLDER_OF_TOKEN = text(f"{_HOLDER} where s.token_hash = :token_hash")
_HOLDER_OF_SESSION = text(f"{_HOLDER} where s.id = :session_id")
_BELOW = text(
    "with recursive below as (select cast(:top as integer) as id union all"
    " select i.id from identity.institution i join below b on i.parent_id = b.id) select id from below"
)

_CIRCLE = text(
    "with recursive above as (select id, parent_id from identity.institution where code = any(:codes) union all"
    " select i.id, i.parent_id from identity.institution i join above a on i.id = a.parent_id)"
    " cycle id set again using way"
    " select i.code from above a join identity.institution i on i.id = a.id where again limit 1"
)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever holds a session token, with all that a principal is made of."""

    session_id: UUID
    staff_id: int
    code: str
    name: str
    left_on: date | None
    post_id: int
    post_ended: bool
    institution_id: int
    lines: tuple[str, ...]
    role: str
    reach: rules.Reach
    permissions: frozenset[str]
    subtree: tuple[int, ...]
    must_change: bool
    life: rules.SessionLife


@dataclass(frozen=True, slots=True)
class SessionOf:
    id: UUID
    life: rules.SessionLife


@dataclass(frozen=True, slots=True)
class FeedPost:
    """A live post as the bank's feed gave it."""

    id: int
    staff_id: int
    institution_id: int
    role: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LiveSession:
    """One of a person's sessions, as they see it listed."""

    id: UUID
    device: str
    created_at: datetime
    seen_at: datetime
    institution_id: int


async def find_holder(tx: Tx, *, token_hash: str) -> Holder | None:
    row = await tx.first(_HOLDER_OF_TOKEN, {"token_hash": token_hash})
    return _holder(row) if row else None


async def find_holder_of(tx: Tx, *, session_id: UUID) -> Holder:
    row = await tx.first(_HOLDER_OF_SESSION, {"session_id": session_id})
    assert row
    return _holder(row)


def _holder(row: Row[Any]) -> Holder:
    return Holder(
        session_id=row.session_id,
        staff_id=row.staff_id,
        code=row.code,
        name=row.name,
        left_on=row.left_on,
        post_id=row.post_id,
        post_ended=row.post_ended_at is not None,
        institution_id=row.institution_id,
        lines=tuple(row.lines),
        role=row.role,
        reach=rules.Reach(row.reach),
        permissions=frozenset(row.permissions),
        subtree=tuple(row.subtree),
        must_change=row.must_change,
        life=rules.SessionLife(row.created_at, row.seen_at, row.device, row.end_reason),
    )


async def list_lives(tx: Tx, *, session_ids: Sequence[UUID]) -> list[SessionOf]:
    t = tables.session
    columns = (t.c.id, t.c.created_at, t.c.seen_at, t.c.device, func.coalesce(t.c.end_reason, "").label("end_reason"))
    rows = await tx.all(select(*columns).where(t.c.id.in_(session_ids)))
    return [
        SessionOf(row.id, rules.SessionLife(row.created_at, row.seen_at, row.device, row.end_reason)) for row in rows
    ]


async def touch_session(tx: Tx, *, session_id: UUID, at: datetime) -> None:
    await tx.run(update(tables.session).where(tables.session.c.id == session_id).values(seen_at=at))


async def add_session(tx: Tx, values: Mapping[str, Any]) -> None:
    await tx.run(tables.session.insert(), values)


async def end_sessions(
    tx: Tx,
    *,
    staff_id: int,
    reason: str,
    at: datetime,
    only: UUID | None = None,
    but: UUID | None = None,
    post_id: int | None = None,
    device: str | None = None,
) -> int:
    t = tables.session
    live = [t.c.staff_id == staff_id, t.c.ended_at.is_(None)]
    live += [t.c.id == only] if only else []
    live += [t.c.id != but] if but else []
    live += [t.c.post_id == post_id] if post_id else []
    live += [t.c.device == device] if device else []
    return await tx.run(update(t).where(*live).values(ended_at=at, end_reason=reason))


async def list_sessions(tx: Tx, *, staff_id: int) -> list[LiveSession]:
    s, p = tables.session, tables.post
    query = (
        select(s.c.id, s.c.device, s.c.created_at, s.c.seen_at, p.c.institution_id)
        .join_from(s, p, p.c.id == s.c.post_id)
        .where(s.c.staff_id == staff_id, s.c.ended_at.is_(None))
        .order_by(s.c.seen_at.desc())
        .limit(50)
    )
    return [
        LiveSession(row.id, row.device, row.created_at, row.seen_at, row.institution_id) for row in await tx.all(query)
    ]


async def move_session(tx: Tx, *, session_id: UUID, post_id: int) -> None:
    await tx.run(update(tables.session).where(tables.session.c.id == session_id).values(post_id=post_id))


async def find_sign_in(tx: Tx, *, login: str) -> Row[Any] | None:
    t = tables.staff
    return await tx.first(select(t.c.id, t.c.password_hash, t.c.left_on, t.c.locked).where(t.c.code == login))


async def get_password_hash(tx: Tx, *, staff_id: int) -> str | None:
    return await tx.value(select(tables.staff.c.password_hash).where(tables.staff.c.id == staff_id))


async def set_password_hash(tx: Tx, *, staff_id: int, password_hash: str, must_change: bool = False) -> None:
    """`must_change`: it opens nothing but the way to choose another."""
    values = {"password_hash": password_hash, "must_change": must_change}
    await tx.run(update(tables.staff).where(tables.staff.c.id == staff_id).values(values))


async def add_staff(tx: Tx, *, code: str, name: str, password_hash: str) -> int | None:
    """The number of a new person who must choose a password; nothing when the code is taken."""
    t = tables.staff
    statement = insert(t).values(code=code, name=name, password_hash=password_hash, must_change=True)
    return await tx.value(statement.on_conflict_do_nothing(index_elements=[t.c.code]).returning(t.c.id))


async def set_locked(tx: Tx, *, staff_id: int, locked: bool) -> None:
    await tx.run(update(tables.staff).where(tables.staff.c.id == staff_id).values(locked=locked))


async def list_locked(tx: Tx, *, staff_ids: Sequence[int]) -> set[int]:
    t = tables.staff
    return {row.id for row in await tx.all(select(t.c.id).where(t.c.id.in_(staff_ids), t.c.locked))}


async def find_failures(tx: Tx, *, login: str) -> Row[Any] | None:
    t = tables.sign_in_failure
    return await tx.first(select(t.c.failures, t.c.locked_until).where(t.c.login == login))


async def count_failure(tx: Tx, *, login: str, at: datetime) -> int:
    """One more failure; the row lock makes parallel guesses queue and count."""
    t = tables.sign_in_failure
    statement = insert(t).values(login=login, failures=1, last_at=at)
    statement = statement.on_conflict_do_update(
        index_elements=[t.c.login], set_={"failures": t.c.failures + 1, "last_at": at}
    ).returning(t.c.failures)
    return await tx.value(statement)


async def lock_sign_in(tx: Tx, *, login: str, until: datetime | None) -> None:
    t = tables.sign_in_failure
    await tx.run(update(t).where(t.c.login == login).values(locked_until=until))


async def clear_failures(tx: Tx, *, login: str) -> None:
    await tx.run(tables.sign_in_failure.delete().where(tables.sign_in_failure.c.login == login))


async def list_posts(tx: Tx, *, staff_ids: Sequence[int]) -> Sequence[Row[Any]]:
    """Live posts of these people, with role and institution, in the order they were given."""
    p, r, i = tables.post, tables.role, tables.institution
    query = (
        select(
            p.c.id,
            p.c.staff_id,
            p.c.institution_id,
            p.c.lines,
            r.c.code.label("role"),
            r.c.name.label("role_name"),
            i.c.code,
            i.c.name,
            i.c.kind,
        )
        .join_from(p, r, r.c.code == p.c.role)
        .join(i, i.c.id == p.c.institution_id)
        .where(p.c.staff_id.in_(staff_ids), p.c.ended_at.is_(None))
        .order_by(p.c.id)
    )
    return await tx.all(query)


async def list_institutions(tx: Tx, *, ids: Sequence[int] | None = None) -> list[contract.Institution]:
    t = tables.institution
    query = select(t).order_by(t.c.id)
    rows = await tx.all(query if ids is None else query.where(t.c.id.in_(ids)))
    return [
        contract.Institution(row.id, row.code, Name.read(row.name), contract.InstitutionKind(row.kind), row.parent_id)
        for row in rows
    ]


async def list_below(tx: Tx, *, institution_id: int) -> list[int]:
    return [row.id for row in await tx.all(_BELOW, {"top": institution_id})]


async def find_circle(tx: Tx, *, codes: Sequence[str]) -> str | None:
    """An institution that is above itself, on the way up from any of these."""
    return await tx.value(_CIRCLE, {"codes": list(codes)})


async def find_institution_ids(tx: Tx, *, codes: Sequence[str]) -> dict[str, int]:
    t = tables.institution
    rows = await tx.all(select(t.c.code, t.c.id).where(t.c.code.in_(codes)))
    return {row.code: row.id for row in rows}


async def find_staff_ids(tx: Tx, *, codes: Sequence[str]) -> dict[str, int]:
    t = tables.staff
    rows = await tx.all(select(t.c.code, t.c.id).where(t.c.code.in_(codes)))
    return {row.code: row.id for row in rows}


async def list_left(tx: Tx, *, codes: Sequence[str]) -> set[str]:
    """Those of these people who have left."""
    t = tables.staff
    return {row.code for row in await tx.all(select(t.c.code).where(t.c.code.in_(codes), t.c.left_on.is_not(None)))}


async def list_staff_cards(tx: Tx, *, ids: Sequence[int]) -> list[contract.StaffCard]:
    t = tables.staff
    rows = await tx.all(select(t.c.id, t.c.code, t.c.name).where(t.c.id.in_(ids)))
    return [contract.StaffCard(row.id, row.code, row.name) for row in rows]


async def list_staff(tx: Tx, *, institution_ids: Sequence[int], after: int | None, limit: int) -> Sequence[Row[Any]]:
    """Staff who hold, or last held, a post in these institutions, by number."""
    s, p = tables.staff, tables.post
    here = select(p.c.staff_id).where(p.c.institution_id.in_(institution_ids))
    query = select(s.c.id, s.c.code, s.c.name, s.c.left_on).where(s.c.id.in_(here)).order_by(s.c.id).limit(limit)
    return await tx.all(query.where(s.c.id > after) if after else query)


async def has_served(tx: Tx, *, staff_id: int, institution_ids: Sequence[int]) -> bool:
    """Whether a person holds, or ever held, a post in one of these institutions."""
    p = tables.post
    here = select(p.c.id).where(p.c.staff_id == staff_id, p.c.institution_id.in_(institution_ids)).limit(1)
    return await tx.first(here) is not None


async def get_staff_for_update(tx: Tx, *, staff_id: int) -> Row[Any] | None:
    t = tables.staff
    return await tx.first(select(t.c.id, t.c.code, t.c.name, t.c.left_on).where(t.c.id == staff_id).with_for_update())


async def set_left(tx: Tx, *, staff_id: int, on: date) -> None:
    await tx.run(update(tables.staff).where(tables.staff.c.id == staff_id).values(left_on=on))


async def end_posts(tx: Tx, *, staff_id: int, at: datetime, only: int | None = None) -> None:
    t = tables.post
    mine = and_(t.c.staff_id == staff_id, t.c.ended_at.is_(None))
    await tx.run(update(t).where(and_(mine, t.c.id == only) if only else mine).values(ended_at=at))


async def add_post(
    tx: Tx, *, staff_id: int, institution_id: int, role: str, lines: Sequence[str], from_feed: bool
) -> int:
    values = {
        "staff_id": staff_id,
        "institution_id": institution_id,
        "role": role,
        "lines": list(lines),
        "from_feed": from_feed,
    }
    return await tx.value(tables.post.insert().values(values).returning(tables.post.c.id))


async def get_bank_day(tx: Tx, *, lock: bool = False) -> contract.BankDay | None:
    query = select(tables.bank_day)
    row = await tx.first(query.with_for_update() if lock else query)
    return contract.BankDay(row.business_date, row.opened_on, row.currency) if row else None


async def set_bank_day(tx: Tx, day: contract.BankDay) -> None:
    t = tables.bank_day
    statement = insert(t).values(one=1, business_date=day.business_date, opened_on=day.opened_on, currency=day.currency)
    await tx.run(statement.on_conflict_do_update(index_elements=[t.c.one], set_={"business_date": day.business_date}))


async def upsert_institutions(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """`fed` is what the feed says; where it says what it said before, what was edited here since stays."""
    t = tables.institution
    statement = insert(t)
    new = statement.excluded
    changed: dict[str, Any] = {
        name: case((t.c.fed[word].is_distinct_from(new.fed[word]), new[name]), else_=t.c[name])
        for name, word in (("name", "name"), ("kind", "kind"), ("parent_id", "parent"))
    }
    await tx.run(statement.on_conflict_do_update(index_elements=[t.c.code], set_={**changed, "fed": new.fed}), rows)


async def upsert_staff(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    t = tables.staff
    statement = insert(t)
    changed = {
        "name": statement.excluded.name,
        "left_on": func.coalesce(t.c.left_on, statement.excluded.left_on),
    }
    await tx.run(statement.on_conflict_do_update(index_elements=[t.c.code], set_=changed), rows)


async def upsert_role(tx: Tx, *, code: str, name: dict[str, str], reach: str, permissions: Sequence[str]) -> None:
    t = tables.role
    statement = insert(t).values(code=code, name=name, reach=reach, permissions=sorted(permissions))
    changed = {name: statement.excluded[name] for name in ("permissions", "name", "reach")}
    await tx.run(statement.on_conflict_do_update(index_elements=[t.c.code], set_=changed))


async def list_feed_posts(tx: Tx, *, staff_ids: Sequence[int]) -> list[FeedPost]:
    t = tables.post
    rows = await tx.all(select(t).where(t.c.staff_id.in_(staff_ids), t.c.from_feed, t.c.ended_at.is_(None)))
    return [FeedPost(row.id, row.staff_id, row.institution_id, row.role, tuple(row.lines)) for row in rows]


async def list_serving(tx: Tx, *, role: str, institutions: Sequence[int], limit: int) -> list[contract.Serving]:
    s, p = tables.staff, tables.post
    query = (
        select(s.c.id, s.c.name, p.c.institution_id, p.c.lines)
        .join_from(p, s, s.c.id == p.c.staff_id)
        .where(p.c.role == role, p.c.institution_id.in_(institutions), p.c.ended_at.is_(None), s.c.left_on.is_(None))
        .order_by(s.c.name, s.c.id, p.c.id)
        .limit(limit)
    )
    return [contract.Serving(row.id, row.name, row.institution_id, tuple(row.lines)) for row in await tx.all(query)]


async def list_colleagues(
    tx: Tx, *, ids: Sequence[int] | None = None, words: str = "", limit: int
) -> list[contract.Colleague]:
    """People with a live post: these, or those with these words in name or staff number; by name."""
    s, p = tables.staff, tables.post
    lines = func.array_agg(func.array_to_string(p.c.lines, ","))
    query = (
        select(s.c.id, s.c.code, s.c.name, func.min(p.c.institution_id).label("institution_id"), lines.label("lines"))
        .join_from(p, s, s.c.id == p.c.staff_id)
        .where(p.c.ended_at.is_(None), s.c.left_on.is_(None))
        .group_by(s.c.id, s.c.code, s.c.name)
        .order_by(s.c.name, s.c.id)
        .limit(limit)
    )
    if ids is not None:
        query = query.where(one_of(s.c.id, ids))
    else:
        named = func.strpos(func.lower(func.concat(s.c.name, "\n", s.c.code)), func.lower(words)) > 0
        query = query.where(named)
    return [
        contract.Colleague(row.id, row.code, row.name, row.institution_id, _each(row.lines))
        for row in await tx.all(query)
    ]


def _each(posts: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({line for post in posts for line in post.split(",") if line}))


async def list_one_per_role(tx: Tx, *, prefer: int) -> Sequence[Row[Any]]:
    """For the demonstration: one person of each role, the preferred one or whoever has the lowest number."""
    s, p = tables.staff, tables.post
    query = (
        select(p.c.role, s.c.id, s.c.code, s.c.name)
        .join_from(p, s, s.c.id == p.c.staff_id)
        .where(p.c.ended_at.is_(None), s.c.left_on.is_(None))
        .ext(distinct_on(p.c.role))
        .order_by(p.c.role, s.c.id != prefer, s.c.id)
    )
    return await tx.all(query)


async def list_without_password(tx: Tx, *, roles: Sequence[str]) -> Sequence[Row[Any]]:
    """Role and code of whoever has such a post and could not sign in yet, by code."""
    s, p = tables.staff, tables.post
    query = (
        select(p.c.role, s.c.code)
        .join_from(p, s, s.c.id == p.c.staff_id)
        .where(p.c.role.in_(roles), p.c.ended_at.is_(None), s.c.left_on.is_(None), s.c.password_hash.is_(None))
        .ext(distinct_on(s.c.code))
        .order_by(s.c.code, p.c.role)
    )
    return await tx.all(query)


async def set_first_password(tx: Tx, *, codes: Sequence[str], password_hash: str) -> Sequence[Row[Any]]:
    """Leaves alone whoever has one by now; answers the numbers of the others."""
    t = tables.staff
    mine = t.update().where(t.c.code.in_(codes), t.c.password_hash.is_(None)).values(password_hash=password_hash)
    return await tx.all(mine.returning(t.c.id))
