"""HTTP of identity: the staff of my institution and below."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from haoyou.centers.identity import rules, service, staff
from haoyou.centers.identity.api.view import PostView
from haoyou.kernel.errors import NotFound
from haoyou.kernel.web.fields import Cursor, PageSize, RowId, ShortText
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data, Write

router = Router("identity")


Role = Annotated[str, Field(pattern="^(relationship_manager|lobby_manager|branch_manager|head_office|administrator)$")]
Lines = Annotated[list[Annotated[str, Field(pattern="^(retail|corporate)$")]], Field(min_length=1, max_length=2)]


class JoinBody(BaseModel):
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    name: Annotated[ShortText, Field(max_length=40)]
    institution_id: RowId
    role: Role
    lines: Lines


class PostNewBody(BaseModel):
    institution_id: RowId
    role: Role
    lines: Lines


class LockBody(BaseModel):
    locked: bool
    reason: Annotated[ShortText, Field(min_length=2)]


class HeldView(BaseModel):
    kind: str
    count: int


class HeldThingsView(BaseModel):
    items: list[HeldView]


class OneTimePassword(BaseModel):
    """Shown once; whoever signs in with it must choose another."""

    password: str


class LeaveBody(BaseModel):
    reason: Annotated[ShortText, Field(min_length=2)]


class MoveBody(BaseModel):
    post_id: RowId
    institution_id: RowId
    role: Role | None = None


class StaffView(BaseModel):
    id: int
    code: str
    name: str
    status: str
    posts: list[PostView]

    @staticmethod
    def of(member: service.StaffMember) -> "StaffView":
        return StaffView(
            id=member.id,
            code=member.code,
            name=member.name,
            status="left" if member.left_on else "locked" if member.locked else "active",
            posts=[PostView.of(post) for post in member.posts],
        )


class JoinedView(BaseModel):
    staff: StaffView
    password: str


class StaffPage(BaseModel):
    items: list[StaffView]
    next: str | None


@router.get("/staff", permission="identity.staff.read", data=Data.STAFF, raises=(NotFound,))
async def list_staff(
    ctx: Caller,
    institution_id: Annotated[RowId | None, Query()] = None,
    after: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[PageSize, Query()] = 30,
) -> StaffPage:
    position = read_cursor(after, int)
    members, following = await service.list_staff(
        ctx, institution_id=institution_id, after=position[0] if position else None, limit=limit
    )
    return StaffPage(items=[StaffView.of(one) for one in members], next=write_cursor(following) if following else None)


@router.post(
    "/staff/{staff_id}/leave",
    permission="identity.staff.manage",
    data=Data.STAFF,
    write=Write.KEY,
    raises=(NotFound, rules.AlreadyLeft, rules.NotYourself),
)
async def let_leave(ctx: Caller, staff_id: RowId, body: LeaveBody) -> StaffView:
    return StaffView.of(await service.let_leave(ctx, staff_id=staff_id, reason=body.reason))


@router.post(
    "/staff/{staff_id}/move",
    permission="identity.staff.manage",
    data=Data.STAFF,
    write=Write.KEY,
    raises=(NotFound, rules.AlreadyLeft, rules.NotYourself),
)
async def move_staff(ctx: Caller, staff_id: RowId, body: MoveBody) -> StaffView:
    moved = await service.move_staff(
        ctx, staff_id=staff_id, post_id=body.post_id, institution_id=body.institution_id, role=body.role
    )
    return StaffView.of(moved)


MANAGE = "identity.staff.manage"
_CHANGES = (NotFound, rules.AlreadyLeft, rules.NotYourself)


@router.post(
    "/staff",
    permission=MANAGE,
    data=Data.STAFF,
    write=Write.HANDSHAKE,
    status=201,
    raises=(NotFound, rules.CodeTaken, rules.PlaceClosed),
)
async def join_staff(ctx: Caller, body: JoinBody) -> JoinedView:
    lines = tuple(sorted(set(body.lines)))
    member, password = await staff.join(
        ctx, code=body.code, name=body.name, institution_id=body.institution_id, role=body.role, lines=lines
    )
    return JoinedView(staff=StaffView.of(member), password=password)


@router.post(
    "/staff/{staff_id}/posts",
    permission=MANAGE,
    data=Data.STAFF,
    write=Write.KEY,
    status=201,
    raises=(*_CHANGES, rules.PostHeld, rules.PlaceClosed),
)
async def add_post(ctx: Caller, staff_id: RowId, body: PostNewBody) -> StaffView:
    lines = tuple(sorted(set(body.lines)))
    return StaffView.of(
        await staff.add_post(ctx, staff_id=staff_id, institution_id=body.institution_id, role=body.role, lines=lines)
    )


@router.post(
    "/staff/{staff_id}/posts/{post_id}/end",
    permission=MANAGE,
    data=Data.STAFF,
    write=Write.KEY,
    raises=(*_CHANGES, rules.LastPost),
)
async def end_post(ctx: Caller, staff_id: RowId, post_id: RowId) -> StaffView:
    return StaffView.of(await staff.end_post(ctx, staff_id=staff_id, post_id=post_id))


@router.get("/staff/{staff_id}/holdings", permission=MANAGE, data=Data.STAFF, raises=(NotFound,))
async def list_holdings(ctx: Caller, staff_id: RowId) -> HeldThingsView:
    held = await staff.list_holdings(ctx, staff_id=staff_id)
    return HeldThingsView(items=[HeldView(kind=one.kind, count=one.count) for one in held])


@router.post("/staff/{staff_id}/password", permission=MANAGE, data=Data.STAFF, write=Write.HANDSHAKE, raises=_CHANGES)
async def reset_password(ctx: Caller, staff_id: RowId) -> OneTimePassword:
    return OneTimePassword(password=await staff.reset_password(ctx, staff_id=staff_id))


@router.put("/staff/{staff_id}/lock", permission=MANAGE, data=Data.STAFF, write=Write.NATURAL, raises=_CHANGES)
async def lock_staff(ctx: Caller, staff_id: RowId, body: LockBody) -> StaffView:
    return StaffView.of(await staff.set_locked(ctx, staff_id=staff_id, locked=body.locked, reason=body.reason))
