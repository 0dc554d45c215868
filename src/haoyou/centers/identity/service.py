"""Use cases of identity around people, institutions and the bank day. Sessions have a module of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from haoyou.centers.identity import contract, naming, place_store, rules, session, store
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import NotFound
from haoyou.kernel.names import Name
from haoyou.kernel.principal import Scope
from haoyou.kernel.web.signon import SessionEnded

ROWS_MAX = 1_000  # of one apply; a bank's staff list comes in several
COLLEAGUES_MAX = 200
FOUND_MAX = 20  # of a search by name; whoever is not among them types one more letter
SERVING_MAX = 2_000  # more people of one role than one person can choose among


@dataclass(frozen=True, slots=True)
class Post:
    id: int
    role: str
    role_name: Name
    institution: contract.Institution
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StaffMember:
    id: int
    code: str
    name: str
    left_on: date | None
    posts: tuple[Post, ...]
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Me:
    """The person who is signed in, their posts, and the day the bank lives in."""

    member: StaffMember
    post: Post
    day: contract.BankDay


async def get_bank_day(ctx: Ctx) -> contract.BankDay:
    async with ctx.read() as tx:
        day = await store.get_bank_day(tx)
    if day is None:
        raise contract.NoBankDay()
    return day


async def get_me(ctx: Ctx) -> Me:
    async with ctx.read() as tx:
        day = await store.get_bank_day(tx)
        (member,) = await members(tx, [(ctx.principal.id, ctx.principal.claims["code"], ctx.principal.name, None)])
        post = next((post for post in member.posts if post.id == ctx.principal.post_id), None)
        if post is None:  # another process ended it, and who holds the session is remembered for half a second here
            gone = await store.list_left(tx, codes=[member.code])
            raise SessionEnded(reason="left" if gone else "moved")
    if day is None:
        raise contract.NoBankDay()
    return Me(member, post, day)


async def members(tx: Tx, people: Sequence[tuple[int, str, str, date | None]]) -> list[StaffMember]:
    """These people (number, code, name, left on) with their posts."""
    rows = await store.list_posts(tx, staff_ids=[person[0] for person in people])
    posts: dict[int, list[Post]] = {}
    for row in rows:
        kind = contract.InstitutionKind(row.kind)
        institution = contract.Institution(row.institution_id, row.code, Name.read(row.name), kind, None)
        post = Post(row.id, row.role, Name.read(row.role_name), institution, tuple(row.lines))
        posts.setdefault(row.staff_id, []).append(post)
    locked = await store.list_locked(tx, staff_ids=[person[0] for person in people])
    return [StaffMember(*one, posts=tuple(posts.get(one[0], ())), locked=one[0] in locked) for one in people]


async def list_my_institutions(ctx: Ctx) -> list[contract.Institution]:
    """My institution and all below it that are open."""
    async with ctx.read() as tx:
        below = await store.list_below(tx, institution_id=institution_of(ctx))
        return await store.list_institutions(tx, ids=await place_store.list_open(tx, ids=below))


async def list_my_sessions(ctx: Ctx) -> tuple[list[store.LiveSession], dict[int, contract.Institution]]:
    async with ctx.read() as tx:
        rows = await store.list_sessions(tx, staff_id=ctx.principal.id)
        places = await store.list_institutions(tx, ids=[row.institution_id for row in rows])
    return rows, {place.id: place for place in places}


def overseeing(ctx: Ctx) -> Ctx:
    """For questions of administration that are answered by numbers alone: how many customers a place has, which
    number stands for a code. Nothing of a customer crosses, and who asks stays the person.
    """
    return replace(ctx, principal=replace(ctx.principal, scope=Scope(everything=True)))


def institution_of(ctx: Ctx) -> int:
    return int(ctx.principal.claims["institution_id"])


async def list_staff(
    ctx: Ctx, *, institution_id: int | None, after: int | None, limit: int
) -> tuple[list[StaffMember], int | None]:
    """Staff of my institution and below, by number; the second value says where the next page begins."""
    async with ctx.read() as tx:
        below = await store.list_below(tx, institution_id=institution_of(ctx))
        if institution_id is not None and institution_id not in below:
            raise NotFound()
        here = below if institution_id is None else [institution_id]
        rows = await store.list_staff(tx, institution_ids=here, after=after, limit=limit + 1)
        people = await members(tx, [(row.id, row.code, row.name, row.left_on) for row in rows[:limit]])
    return people, rows[limit - 1].id if len(rows) > limit else None


async def get_mine(ctx: Ctx, tx: Tx, *, staff_id: int) -> tuple[StaffMember, list[int]]:
    """Somebody I may manage: locked, within my institution and below, not myself."""
    if staff_id == ctx.principal.id:
        raise rules.NotYourself()
    below = await store.list_below(tx, institution_id=institution_of(ctx))
    row = await store.get_staff_for_update(tx, staff_id=staff_id)
    if row is None or not await store.has_served(tx, staff_id=staff_id, institution_ids=below):
        raise NotFound()
    (member,) = await members(tx, [(row.id, row.code, row.name, row.left_on)])
    if member.left_on:
        raise rules.AlreadyLeft()
    if not any(post.institution.id in below for post in member.posts):
        raise NotFound()
    return member, below


async def let_leave(ctx: Ctx, *, staff_id: int, reason: str) -> StaffMember:
    """A person leaves the bank: posts and sessions end with this commit."""
    async with ctx.write() as tx:
        member, below = await get_mine(ctx, tx, staff_id=staff_id)
        if not all(post.institution.id in below for post in member.posts):
            raise NotFound()
        day = await store.get_bank_day(tx)
        await store.set_left(tx, staff_id=staff_id, on=day.business_date if day else ctx.now.date())
        await store.end_posts(tx, staff_id=staff_id, at=ctx.now)
        await store.end_sessions(tx, staff_id=staff_id, reason="left", at=ctx.now)
        tx.audit("staff_left", ids=[staff_id], reason=reason)
        tx.tell(contract.StaffLeft(staff_id=staff_id))
        tx.refresh([staff_id], "me")
        (gone,) = await members(tx, [(member.id, member.code, member.name, day and day.business_date)])
    session.cache.forget_all()
    return gone


async def move_staff(ctx: Ctx, *, staff_id: int, post_id: int, institution_id: int, role: str | None) -> StaffMember:
    """A person changes post: the old post and every session in it end, the new one begins."""
    async with ctx.write() as tx:
        member, below = await get_mine(ctx, tx, staff_id=staff_id)
        post = next((one for one in member.posts if one.id == post_id), None)
        if post is None or post.institution.id not in below or institution_id not in below:
            raise NotFound()
        if not await place_store.hold_open(tx, institution_id=institution_id):
            raise rules.PlaceClosed()
        await store.end_posts(tx, staff_id=staff_id, at=ctx.now, only=post_id)
        await store.end_sessions(tx, staff_id=staff_id, reason="moved", at=ctx.now, post_id=post_id)
        await store.add_post(
            tx,
            staff_id=staff_id,
            institution_id=institution_id,
            role=role or post.role,
            lines=post.lines,
            from_feed=False,
        )
        tx.audit("staff_moved", ids=[staff_id], post=post_id, institution=institution_id)
        tx.refresh([staff_id], "me")
        (moved,) = await members(tx, [(member.id, member.code, member.name, None)])
    session.cache.forget_all()
    return moved


async def advance_business_date(ctx: Ctx, *, business_date: date, currency: str) -> None:
    """Begin a bank day. Going back or repeating changes nothing, so the request may arrive twice."""
    async with ctx.write() as tx:
        day = await store.get_bank_day(tx, lock=True)
        if day and business_date <= day.business_date:
            return
        opened_on = day.opened_on if day else business_date
        await store.set_bank_day(tx, contract.BankDay(business_date, opened_on, day.currency if day else currency))
        tx.tell(contract.BusinessDateAdvanced(business_date=business_date, currency=currency, first=day is None))
        tx.refresh([], "me")


async def apply_institutions(ctx: Ctx, *, rows: tuple[contract.InstitutionRow, ...]) -> None:
    """Parents first: level by level, so that a child finds its parent."""
    assert len(rows) <= ROWS_MAX
    async with ctx.write() as tx:
        waiting = list(rows)
        known = await store.find_institution_ids(tx, codes=[row.parent_code for row in rows if row.parent_code])
        inside = {row.code for row in rows}
        while waiting:
            ready = [row for row in waiting if row.parent_code is None or row.parent_code not in inside]
            if not ready:
                raise rules.UnknownCode("The institutions name each other as parents in a circle.")
            unknown = [r.parent_code for r in ready if r.parent_code and r.parent_code not in known]
            if unknown:
                raise rules.UnknownCode(f"Unknown parent institution {unknown[0]}.")
            await store.upsert_institutions(
                tx,
                [
                    {
                        "code": row.code,
                        "name": row.name.stored(),
                        "kind": row.kind.value,
                        "parent_id": known[row.parent_code] if row.parent_code else None,
                        "fed": {"name": row.name.stored(), "kind": row.kind.value, "parent": row.parent_code},
                    }
                    for row in ready
                ],
            )
            known |= await store.find_institution_ids(tx, codes=[row.code for row in ready])
            inside -= {row.code for row in ready}
            waiting = [row for row in waiting if row.code in inside]
        # Each row may be innocent and close a circle with rows of an earlier feed.
        if circle := await store.find_circle(tx, codes=[row.code for row in rows]):
            raise rules.UnknownCode(f"The institution {circle} would be above itself.")
    naming.forget(ctx.house)


async def apply_staff(ctx: Ctx, *, rows: tuple[contract.StaffRow, ...]) -> None:
    """People as the feed says. A post made by hand is left alone, the feed's own follows it; who left stays away."""
    assert len(rows) <= ROWS_MAX
    async with ctx.write() as tx:
        places = await store.find_institution_ids(tx, codes=sorted({row.institution_code for row in rows}))
        unknown = {row.institution_code for row in rows} - set(places)
        if unknown:
            raise rules.UnknownCode(f"Unknown institution {min(unknown)}.")
        used = {row.institution_code for row in rows if row.left_on is None}
        await place_store.reopen(tx, ids=sorted(places[code] for code in used))  # the bank has people there
        gone = await store.list_left(tx, codes=[row.code for row in rows])
        people = [{"code": row.code, "name": row.name, "left_on": row.left_on} for row in rows]
        await store.upsert_staff(tx, people)
        ids = await store.find_staff_ids(tx, codes=[row.code for row in rows])
        posts = {post.staff_id: post for post in await store.list_feed_posts(tx, staff_ids=list(ids.values()))}
        for row in rows:
            staff_id = ids[row.code]
            if row.code in gone:
                continue
            if row.left_on:
                await store.end_posts(tx, staff_id=staff_id, at=ctx.now)
                await store.end_sessions(tx, staff_id=staff_id, reason="left", at=ctx.now)
                tx.tell(contract.StaffLeft(staff_id=staff_id))
                continue
            await _follow_feed(ctx, tx, posts.get(staff_id), staff_id, row, places[row.institution_code])
    naming.forget(ctx.house)


async def _follow_feed(
    ctx: Ctx, tx: Tx, post: store.FeedPost | None, staff_id: int, row: contract.StaffRow, institution_id: int
) -> None:
    """The one post the feed gives a person: a new one in place of the old where they differ."""
    if post and (post.institution_id, post.role, post.lines) == (institution_id, row.role, row.lines):
        return
    if post:
        await store.end_posts(tx, staff_id=staff_id, at=ctx.now, only=post.id)
        await store.end_sessions(tx, staff_id=staff_id, reason="moved", at=ctx.now, post_id=post.id)
    await store.add_post(
        tx, staff_id=staff_id, institution_id=institution_id, role=row.role, lines=row.lines, from_feed=True
    )


async def list_institutions(ctx: Ctx, *, ids: tuple[int, ...]) -> tuple[contract.Institution, ...]:
    async def read(missing: Sequence[int]) -> list[contract.Institution]:
        async with ctx.read() as tx:
            return await store.list_institutions(tx, ids=missing)

    return await naming.places.get(ctx.house, ids, read)


async def list_staff_cards(ctx: Ctx, *, ids: tuple[int, ...]) -> tuple[contract.StaffCard, ...]:
    async def read(missing: Sequence[int]) -> list[contract.StaffCard]:
        async with ctx.read() as tx:
            return await store.list_staff_cards(tx, ids=missing)

    return await naming.people.get(ctx.house, ids, read)


async def find_codes(ctx: Ctx, *, institutions: tuple[str, ...], staff: tuple[str, ...]) -> contract.Codes:
    async with ctx.read() as tx:
        return contract.Codes(
            institutions=await store.find_institution_ids(tx, codes=institutions),
            staff=await store.find_staff_ids(tx, codes=staff),
        )


async def list_serving(ctx: Ctx, *, role: str, institutions: tuple[int, ...]) -> tuple[contract.Serving, ...]:
    async with ctx.read() as tx:
        return tuple(await store.list_serving(tx, role=role, institutions=institutions, limit=SERVING_MAX))


async def list_colleagues(ctx: Ctx, *, ids: tuple[int, ...]) -> tuple[contract.Colleague, ...]:
    assert len(ids) <= COLLEAGUES_MAX, "the people of one text"
    async with ctx.read() as tx:
        return tuple(await store.list_colleagues(tx, ids=ids, limit=COLLEAGUES_MAX))


async def find_colleagues(ctx: Ctx, *, words: str) -> tuple[contract.Colleague, ...]:
    async with ctx.read() as tx:
        return tuple(await store.list_colleagues(tx, words=words, limit=FOUND_MAX))


async def seed_roles(ctx: Ctx, *, permissions: dict[str, tuple[str, ...]]) -> None:
    """The roles a new house starts with; `permissions` says for each permission the roles that hold it."""
    async with ctx.write() as tx:
        for code, name, reach in rules.ROLES:
            held = [permission for permission, roles in permissions.items() if code in roles]
            await store.upsert_role(tx, code=code, name=name.stored(), reach=reach.value, permissions=held)


async def list_one_per_role(ctx: Ctx, *, prefer: int) -> list[tuple[str, contract.StaffCard]]:
    async with ctx.read() as tx:
        rows = await store.list_one_per_role(tx, prefer=prefer)
    return [(row.role, contract.StaffCard(row.id, row.code, row.name)) for row in rows]
