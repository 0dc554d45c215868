"""Sessions: signing in, who holds a token, and their end."""

import hashlib
import secrets
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from haoyou.centers.identity import contract, rules, store
from haoyou.centers.identity.oidc.configuration import may_use_password
from haoyou.centers.identity.password import hash_password, verify_password
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import AppError, NotFound
from haoyou.kernel.ids import new_id
from haoyou.kernel.principal import Principal, Scope
from haoyou.kernel.settings import Settings
from haoyou.kernel.web.problem import invalid_field
from haoyou.kernel.web.signon import SignedOn

CACHE_S = 0.5  # how long an answer may be old; rights end within a second everywhere
CACHE_MAX = 20_000
MUST_CHANGE = "must_change_password"
"""The claim of a session that was opened with a one-time password."""


class SessionCache:
    """Who holds which token, for half a second. Of one house; another process forgets by itself."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, SignedOn]] = {}

    def get(self, token_hash: str) -> SignedOn | None:
        found = self._known.get(token_hash)
        return found[1] if found and monotonic() - found[0] < CACHE_S else None

    def put(self, token_hash: str, signed_on: SignedOn) -> None:
        if len(self._known) >= CACHE_MAX:
            self._known.clear()
        self._known[token_hash] = (monotonic(), signed_on)

    def forget_all(self) -> None:
        self._known.clear()


cache = SessionCache()


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def sign_in(ctx: Ctx, *, login: str, password: str, post_id: int | None, device: str) -> tuple[str, Principal]:
    """Check a password and open a session; answers the token, which is never stored, and the principal."""
    _refuse_password_off(ctx, login=login)
    async with ctx.read() as tx:
        await _refuse_locked(ctx, tx, login=login)
        person = await store.find_sign_in(tx, login=login)
    good = await verify_password(person.password_hash if person else None, password)
    if not person or not good or person.left_on is not None:
        raise await _refusal(ctx, login=login)
    if person.locked:
        raise rules.Disabled()
    return await open_for(ctx, person, login=login, post_id=post_id, device=device, way="password")


async def open_for(
    ctx: Ctx, person: Row[Any], *, login: str, post_id: int | None, device: str, way: str
) -> tuple[str, Principal]:
    """Open a session for somebody who has proven who they are, by password or by the bank's single sign-on."""
    token = secrets.token_urlsafe(32)
    session_id = new_id()
    async with ctx.write() as tx:
        await _refuse_locked(ctx, tx, login=login)  # guesses made at the same time may have locked it meanwhile
        posts = [row.id for row in await store.list_posts(tx, staff_ids=[person.id])]
        if not posts or (post_id is not None and post_id not in posts):
            raise rules.BadCredentials()
        await store.clear_failures(tx, login=login)
        now = ctx.now
        if ctx.house.settings.session_one_per_device and device in rules.ONE_AT_A_TIME:
            await store.end_sessions(tx, staff_id=person.id, reason="replaced", at=now, device=device)
        await store.add_session(
            tx,
            {
                "id": session_id,
                "token_hash": hash_token(token),
                "staff_id": person.id,
                "post_id": post_id or posts[0],
                "device": device,
                "created_at": now,
                "seen_at": now,
                "way": way,
            },
        )
        holder = await store.find_holder(tx, token_hash=hash_token(token))
        assert holder
        ctx.principal = _principal(holder, extra=())  # from here on it is this person who acts
        tx.audit("sign_in", ids=[person.id], session=str(session_id), device=device, way=way)
    return token, ctx.principal


def _refuse_password_off(ctx: Ctx, *, login: str) -> None:
    """Before anybody is looked up: the answer does not tell who exists."""
    if not may_use_password(ctx.house.settings, login=login):
        raise rules.PasswordOff()


async def _refuse_locked(ctx: Ctx, tx: Tx, *, login: str) -> None:
    failures = await store.find_failures(tx, login=login)
    if failures and failures.locked_until and failures.locked_until > ctx.now:
        raise rules.AccountLocked(retry_after_s=int((failures.locked_until - ctx.now).total_seconds()) + 1)


async def _refusal(ctx: Ctx, *, login: str) -> AppError:
    """Count a wrong password and answer what to say."""
    async with ctx.write() as tx:
        failures = await store.count_failure(tx, login=login, at=ctx.now)
        until = rules.lock_after(failures, now=ctx.now)
        await store.lock_sign_in(tx, login=login, until=until)
        tx.audit("sign_in_refused", ids=[login[:40]], failures=failures)
    await ctx.commit()  # a refusal is an answer too: it is counted although the request ends in an error
    if until:
        return rules.AccountLocked(retry_after_s=int((until - ctx.now).total_seconds()) + 1)
    return rules.BadCredentials()


def _principal(holder: store.Holder, *, extra: tuple[int, ...]) -> Principal:
    """Whoever must choose a password may do that, and nothing else."""
    scope = Scope(
        units=rules.units_of(holder.reach, holder.institution_id, holder.subtree),
        owner=holder.staff_id,
        lines=holder.lines,
        extra=extra,
    )
    claims = {"code": holder.code, "role": holder.role, "institution_id": str(holder.institution_id)}
    return Principal(
        id=holder.staff_id,
        name=holder.name,
        scope=Scope() if holder.must_change else scope,
        permissions=frozenset() if holder.must_change else holder.permissions,
        post_id=holder.post_id,
        session_id=holder.session_id,
        claims=claims | ({MUST_CHANGE: "yes"} if holder.must_change else {}),
    )


async def resolve(ctx: Ctx, *, token: str) -> SignedOn:
    """Who holds this token now. The extra rows of other rooms are asked after our own read is closed."""
    token_hash = hash_token(token)
    known = cache.get(token_hash)
    if known:
        return known
    async with ctx.read() as tx:
        holder = await store.find_holder(tx, token_hash=token_hash)
    if holder is None:
        return SignedOn(None, "unknown")
    settings = ctx.house.settings
    ended = rules.ended_because(holder.life, now=ctx.now, limits=_limits(settings))
    if ended or holder.left_on or holder.post_ended:
        return SignedOn(None, ended or ("left" if holder.left_on else "moved"))
    extra: list[int] = []
    for part in ctx.house.provided(contract.ScopePart):
        extra += await part.list_extra(ctx, staff_id=holder.staff_id)
    signed_on = SignedOn(_principal(holder, extra=tuple(sorted(set(extra)))))
    cache.put(token_hash, signed_on)
    if (ctx.now - holder.life.seen_at).total_seconds() > rules.SEEN_EVERY_S:
        async with ctx.write() as tx:
            await store.touch_session(tx, session_id=holder.session_id, at=ctx.now)
    return signed_on


async def list_over(ctx: Ctx, *, session_ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
    """Those of these sessions that have ended, by whatever end; the gateway's streams end with them."""
    async with ctx.read() as tx:
        lives = await store.list_lives(tx, session_ids=session_ids)
    limits = _limits(ctx.house.settings)
    living = {one.id for one in lives if not rules.ended_because(one.life, now=ctx.now, limits=limits)}
    return tuple(one for one in session_ids if one not in living)


def _limits(settings: Settings) -> rules.Limits:
    return rules.Limits(
        idle_s=settings.session_idle_s,
        idle_tablet_s=settings.session_idle_tablet_s,
        absolute_s=settings.session_absolute_s,
    )


async def sign_out(ctx: Ctx) -> None:
    async with ctx.write() as tx:
        await _end(ctx, tx, session_id=ctx.principal.session_id, reason="signed_out")


async def end_session(ctx: Ctx, *, session_id: UUID) -> None:
    """End one of my own sessions, from another device."""
    async with ctx.write() as tx:
        if not await _end(ctx, tx, session_id=session_id, reason="signed_out"):
            raise NotFound()


async def _end(ctx: Ctx, tx: Tx, *, session_id: UUID | None, reason: str) -> int:
    ended = await store.end_sessions(tx, staff_id=ctx.principal.id, reason=reason, at=ctx.now, only=session_id)
    tx.audit("session_ended", ids=[session_id], reason=reason)
    cache.forget_all()
    return ended


async def switch_post(ctx: Ctx, *, post_id: int) -> Principal:
    """Act in another of my posts: one post at a time, so that rights never add up."""
    session_id = ctx.principal.session_id
    assert session_id
    async with ctx.write() as tx:
        mine = [row.id for row in await store.list_posts(tx, staff_ids=[ctx.principal.id])]
        if post_id not in mine:
            raise NotFound()
        await store.move_session(tx, session_id=session_id, post_id=post_id)
        tx.audit("post_switched", ids=[post_id])
        holder = await store.find_holder_of(tx, session_id=session_id)
    await ctx.commit()
    cache.forget_all()
    return _principal(holder, extra=())


async def change_password(ctx: Ctx, *, current: str, new: str) -> None:
    """Change my own password; my other sessions end."""
    if len(new) < rules.PASSWORD_LENGTH_MIN:
        raise invalid_field("new", "too_short", f"at least {rules.PASSWORD_LENGTH_MIN} characters")
    if new == current:
        raise invalid_field("new", "same", "another than the present one")
    login = ctx.principal.claims["code"]
    _refuse_password_off(ctx, login=login)
    async with ctx.read() as tx:
        await _refuse_locked(ctx, tx, login=login)
        stored = await store.get_password_hash(tx, staff_id=ctx.principal.id)
    if not await verify_password(stored, current):
        raise await _refusal(ctx, login=login)
    password_hash = await hash_password(new)
    async with ctx.write() as tx:
        await store.set_password_hash(tx, staff_id=ctx.principal.id, password_hash=password_hash)
        await store.clear_failures(tx, login=login)
        await store.end_sessions(
            tx, staff_id=ctx.principal.id, reason="signed_out", at=ctx.now, but=ctx.principal.session_id
        )
        tx.audit("password_changed", ids=[ctx.principal.id])
    await ctx.commit()
    cache.forget_all()


async def set_password(ctx: Ctx, *, code: str, password: str) -> None:
    """For the operator's command line: the first password of a person."""
    password_hash = await hash_password(password)
    async with ctx.write() as tx:
        person = await store.find_sign_in(tx, login=code)
        if person is None:
            raise NotFound()
        await store.set_password_hash(tx, staff_id=person.id, password_hash=password_hash)
        tx.audit("password_set", ids=[person.id])


async def list_without_password(ctx: Ctx, *, roles: tuple[str, ...]) -> list[tuple[str, str]]:
    """For a demonstration: role and code of whoever in these roles could not sign in yet."""
    async with ctx.read() as tx:
        return [(row.role, row.code) for row in await store.list_without_password(tx, roles=roles)]


async def set_first_password(ctx: Ctx, *, codes: tuple[str, ...], password: str) -> None:
    """For a demonstration: one password for many, and never in place of one that somebody has."""
    password_hash = await hash_password(password)
    async with ctx.write() as tx:
        given = await store.set_first_password(tx, codes=codes, password_hash=password_hash)
        tx.audit("password_set", ids=[row.id for row in given])
