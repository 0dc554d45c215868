"""Administration of people: joining, further posts, a new password, a lock, and what somebody who leaves holds.

Leaving and moving are in `service`. Whoever opens an account for somebody or takes one over must reach all posts of
that person: otherwise an administrator of one branch could become somebody of head office by resetting a password.
"""

import secrets

from haoyou.centers.identity import contract, place_store, rules, service, session, store
from haoyou.centers.identity.password import hash_password
from haoyou.centers.identity.service import StaffMember
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import NotFound

PASSWORD_BYTES = 9  # twelve letters that somebody types off a screen, once


async def join(
    ctx: Ctx, *, code: str, name: str, institution_id: int, role: str, lines: tuple[str, ...]
) -> tuple[StaffMember, str]:
    """A new colleague with one post and a password that is shown once."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    password_hash = await hash_password(password)
    async with ctx.write() as tx:
        await _refuse_place(ctx, tx, institution_id=institution_id)
        staff_id = await store.add_staff(tx, code=code, name=name, password_hash=password_hash)
        if staff_id is None:
            raise rules.CodeTaken(taken=code)
        await store.add_post(
            tx, staff_id=staff_id, institution_id=institution_id, role=role, lines=lines, from_feed=False
        )
        tx.audit("staff_joined", ids=[staff_id], role=role, institution=institution_id)
        tx.refresh([], "staff")
        (member,) = await service.members(tx, [(staff_id, code, name, None)])
    return member, password


async def _refuse_place(ctx: Ctx, tx: Tx, *, institution_id: int) -> None:
    below = await store.list_below(tx, institution_id=service.institution_of(ctx))
    if institution_id not in below:
        raise NotFound()
    if not await place_store.hold_open(tx, institution_id=institution_id):
        raise rules.PlaceClosed()


async def add_post(ctx: Ctx, *, staff_id: int, institution_id: int, role: str, lines: tuple[str, ...]) -> StaffMember:
    """One more post for somebody; a session still acts in one at a time."""
    async with ctx.write() as tx:
        member, _ = await service.get_mine(ctx, tx, staff_id=staff_id)
        await _refuse_place(ctx, tx, institution_id=institution_id)
        if any((post.role, post.institution.id, post.lines) == (role, institution_id, lines) for post in member.posts):
            raise rules.PostHeld()
        post_id = await store.add_post(
            tx, staff_id=staff_id, institution_id=institution_id, role=role, lines=lines, from_feed=False
        )
        tx.audit("post_added", ids=[staff_id], post=post_id, role=role, institution=institution_id)
        tx.refresh([staff_id], "me")
        return await _again(tx, member)


async def end_post(ctx: Ctx, *, staff_id: int, post_id: int) -> StaffMember:
    """One post of several ends, and the sessions in it."""
    async with ctx.write() as tx:
        member, below = await service.get_mine(ctx, tx, staff_id=staff_id)
        post = next((one for one in member.posts if one.id == post_id), None)
        if post is None or post.institution.id not in below:
            raise NotFound()
        if len(member.posts) == 1:
            raise rules.LastPost()
        await store.end_posts(tx, staff_id=staff_id, at=ctx.now, only=post_id)
        await store.end_sessions(tx, staff_id=staff_id, reason="moved", at=ctx.now, post_id=post_id)
        tx.audit("post_ended", ids=[staff_id], post=post_id)
        tx.refresh([staff_id], "me")
        left = await _again(tx, member)
    await ctx.commit()
    session.cache.forget_all()
    return left


async def reset_password(ctx: Ctx, *, staff_id: int) -> str:
    """A password for once: it is shown to whoever asks for it, ends every session, and must be changed at sign-in."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    password_hash = await hash_password(password)
    async with ctx.write() as tx:
        member = await _get_whole(ctx, tx, staff_id=staff_id)
        await store.set_password_hash(tx, staff_id=staff_id, password_hash=password_hash, must_change=True)
        await store.clear_failures(tx, login=member.code)
        await store.end_sessions(tx, staff_id=staff_id, reason="signed_out", at=ctx.now)
        tx.audit("password_reset", ids=[staff_id])
    await ctx.commit()
    session.cache.forget_all()
    return password


async def set_locked(ctx: Ctx, *, staff_id: int, locked: bool, reason: str) -> StaffMember:
    """Lock an account, which ends its sessions, or open it again, which also forgets wrong passwords."""
    async with ctx.write() as tx:
        member = await _get_whole(ctx, tx, staff_id=staff_id)
        await store.set_locked(tx, staff_id=staff_id, locked=locked)
        if locked:
            await store.end_sessions(tx, staff_id=staff_id, reason="locked", at=ctx.now)
        else:
            await store.clear_failures(tx, login=member.code)
        tx.audit("staff_locked" if locked else "staff_unlocked", ids=[staff_id], reason=reason)
        tx.refresh([], "staff")
        now = await _again(tx, member)
    await ctx.commit()
    session.cache.forget_all()
    return now


async def list_holdings(ctx: Ctx, *, staff_id: int) -> list[contract.Holding]:
    """What would be left behind, as numbers; leaving is never refused for it."""
    async with ctx.read() as tx:
        below = await store.list_below(tx, institution_id=service.institution_of(ctx))
        if not await store.has_served(tx, staff_id=staff_id, institution_ids=below):
            raise NotFound()
    asking = service.overseeing(ctx)
    parts = ctx.house.provided(contract.HandoverPart)
    return [held for part in parts for held in await part.preview(asking, staff_id=staff_id)]


async def _get_whole(ctx: Ctx, tx: Tx, *, staff_id: int) -> StaffMember:
    """Somebody all of whose posts lie within my reach."""
    member, below = await service.get_mine(ctx, tx, staff_id=staff_id)
    if not all(post.institution.id in below for post in member.posts):
        raise NotFound()
    return member


async def _again(tx: Tx, member: StaffMember) -> StaffMember:
    (now,) = await service.members(tx, [(member.id, member.code, member.name, member.left_on)])
    return now
