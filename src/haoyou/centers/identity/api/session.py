"""HTTP of identity: signing in and out, who I am, my post, my sessions, my password."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Header, Response
from pydantic import BaseModel, Field

from haoyou.centers.identity import contract, rules, service, session
from haoyou.centers.identity.api.view import InstitutionView, PostView, RoleView, StaffName
from haoyou.centers.identity.oidc.configuration import may_use_password
from haoyou.kernel.errors import NotFound
from haoyou.kernel.web.fields import NameView, RowId, ShortText
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.policy import PUBLIC, SIGNED_IN, Data, Write
from haoyou.kernel.web.signon import SessionEnded

router = Router("identity")

COOKIE = "__Host-haoyou"


class MeView(BaseModel):
    """Who is signed in, in which post, and what they may do."""

    staff: StaffName
    post: PostView
    posts: list[PostView]
    role: RoleView
    permissions: list[str]
    business_date: date
    opened_on: date
    currency: str
    time_zone: str
    local_time: datetime
    """Now, where the bank is, with its offset: what a device calls now may be wrong."""
    bank_name: NameView
    watermark: str
    must_change_password: bool
    """Signed in with a one-time password: nothing but another password may be asked for."""
    password_sign_in: bool
    """May sign in by password, and so has one to change."""


class SignInBody(BaseModel):
    login: Annotated[ShortText, Field(max_length=40)]
    password: Annotated[str, Field(min_length=1, max_length=200)]
    post_id: RowId | None = None


class PasswordBody(BaseModel):
    current: Annotated[str, Field(min_length=1, max_length=200)]
    new: Annotated[str, Field(min_length=1, max_length=200)]


class PostBody(BaseModel):
    post_id: RowId


class SessionView(BaseModel):
    id: UUID
    device: str
    created_at: datetime
    seen_at: datetime
    current: bool
    institution: InstitutionView


class SessionsView(BaseModel):
    items: list[SessionView]


@router.post(
    "/sign-in",
    permission=PUBLIC,
    data=Data.OWN,
    write=Write.HANDSHAKE,
    raises=(rules.BadCredentials, rules.AccountLocked, rules.Disabled, rules.PasswordOff),
)
async def sign_in(
    ctx: Caller, body: SignInBody, response: Response, user_agent: Annotated[str, Header(max_length=1000)] = ""
) -> MeView:
    token, principal = await session.sign_in(
        ctx, login=body.login, password=body.password, post_id=body.post_id, device=rules.device_of(user_agent)
    )
    await ctx.commit()  # the session must exist before it is used to read who I am
    response.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="strict")
    ctx.principal = principal
    return await describe_me(ctx)


async def describe_me(ctx: Caller) -> MeView:
    me = await service.get_me(ctx)
    settings = ctx.house.settings
    member = me.member
    post = PostView.of(me.post)
    return MeView(
        staff=StaffName(id=member.id, code=member.code, name=member.name),
        post=post,
        posts=[PostView.of(one) for one in member.posts],
        role=post.role,
        permissions=sorted(ctx.principal.permissions),
        business_date=me.day.business_date,
        opened_on=me.day.opened_on,
        currency=me.day.currency,
        time_zone=settings.time_zone,
        local_time=ctx.house.clock().astimezone(ZoneInfo(settings.time_zone)),
        bank_name=NameView(zh=settings.bank_name_zh, en=settings.bank_name_en),
        watermark=f"{member.name} {member.code}",
        must_change_password=session.MUST_CHANGE in ctx.principal.claims,
        password_sign_in=may_use_password(settings, login=member.code),
    )


@router.post("/sign-out", permission=SIGNED_IN, data=Data.OWN, write=Write.NATURAL, status=204)
async def sign_out(ctx: Caller, response: Response) -> None:
    await session.sign_out(ctx)
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")


@router.get("/me", permission=SIGNED_IN, data=Data.OWN, raises=(contract.NoBankDay, SessionEnded))
async def get_me(ctx: Caller) -> MeView:
    return await describe_me(ctx)


@router.post("/post", permission=SIGNED_IN, data=Data.OWN, write=Write.NATURAL, raises=(NotFound,))
async def switch_post(ctx: Caller, body: PostBody) -> MeView:
    ctx.principal = await session.switch_post(ctx, post_id=body.post_id)
    return await describe_me(ctx)


@router.post(
    "/password",
    permission=SIGNED_IN,
    data=Data.OWN,
    write=Write.HANDSHAKE,
    status=204,
    raises=(rules.BadCredentials, rules.AccountLocked, rules.PasswordOff),
)
async def change_password(ctx: Caller, body: PasswordBody) -> None:
    await session.change_password(ctx, current=body.current, new=body.new)


@router.get("/sessions", permission=SIGNED_IN, data=Data.OWN)
async def list_sessions(ctx: Caller) -> SessionsView:
    rows, institutions = await service.list_my_sessions(ctx)
    return SessionsView(
        items=[
            SessionView(
                id=row.id,
                device=row.device,
                created_at=row.created_at,
                seen_at=row.seen_at,
                current=row.id == ctx.principal.session_id,
                institution=InstitutionView.of(institutions[row.institution_id]),
            )
            for row in rows
        ]
    )


@router.delete(
    "/sessions/{session_id}", permission=SIGNED_IN, data=Data.OWN, write=Write.NATURAL, status=204, raises=(NotFound,)
)
async def end_session(ctx: Caller, session_id: UUID) -> None:
    await session.end_session(ctx, session_id=session_id)
