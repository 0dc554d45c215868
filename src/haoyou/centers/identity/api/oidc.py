"""HTTP of the single sign-on: which ways there are to sign in, an attempt begins, the answer is handed on."""

from typing import Annotated

from fastapi import Cookie, Header, Response
from pydantic import BaseModel, Field

from haoyou.centers.identity import contract, rules
from haoyou.centers.identity.api.session import COOKIE, MeView, describe_me
from haoyou.centers.identity.oidc import sign_on
from haoyou.kernel.errors import NotFound
from haoyou.kernel.web.fields import NameView
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.policy import PUBLIC, Data, Write

router = Router("identity")

FLOW_COOKIE = "__Host-haoyou-sign-on"
Browser = Annotated[str, Cookie(alias=FLOW_COOKIE, max_length=200)]
Agent = Annotated[str, Header(max_length=1000)]
OWN_PATH = r"^/$|^/[^/\\\x00-\x20\x7f][^\\\x00-\x20\x7f]*$"
"""A path of this house: never //elsewhere, nor /\\elsewhere, which browsers read alike."""


class WaysView(BaseModel):
    """`password`: who may use one; `single_sign_on`: what its button says, null where the house has none."""

    password: rules.PasswordUse
    single_sign_on: NameView | None


class BeginBody(BaseModel):
    return_to: Annotated[str, Field(max_length=500, pattern=OWN_PATH)] = "/"


class BegunView(BaseModel):
    address: str


class ReturnBody(BaseModel):
    """What stood in the address to which the provider sent the browser back."""

    state: Annotated[str, Field(min_length=1, max_length=200)]
    code: Annotated[str, Field(min_length=1, max_length=4000)] | None = None
    iss: Annotated[str, Field(max_length=500)] | None = None
    error: Annotated[str, Field(max_length=200)] | None = None


class EnteredView(BaseModel):
    me: MeView
    return_to: str


@router.get("/sign-in/ways", permission=PUBLIC, data=Data.HOUSE)
async def list_ways(ctx: Caller) -> WaysView:
    ways = sign_on.list_ways(ctx)
    return WaysView(password=ways.password, single_sign_on=NameView.of(ways.label) if ways.label else None)


@router.post(
    "/sign-on/begin",
    permission=PUBLIC,
    data=Data.OWN,
    write=Write.HANDSHAKE,
    raises=(NotFound, contract.ProviderUnavailable),
)
async def begin_sign_on(
    ctx: Caller,
    body: BeginBody,
    response: Response,
    browser: Browser = "",
    user_agent: Agent = "",
) -> BegunView:
    """Two tabs of one browser share its cookie, so that both attempts can be finished."""
    device = rules.device_of(user_agent)
    begun = await sign_on.begin(ctx, return_to=body.return_to, browser=browser, device=device)
    response.set_cookie(
        FLOW_COOKIE, begun.browser, path="/", secure=True, httponly=True, samesite="strict", max_age=sign_on.FLOW_S
    )
    return BegunView(address=begun.address)


@router.post(
    "/sign-on/finish",
    permission=PUBLIC,
    data=Data.OWN,
    write=Write.HANDSHAKE,
    raises=(
        NotFound,
        contract.ProviderUnavailable,
        rules.SignOnOver,
        rules.SignOnRefused,
        rules.NotKnownHere,
        rules.Disabled,
        rules.AccountLocked,
    ),
)
async def finish_sign_on(
    ctx: Caller,
    body: ReturnBody,
    response: Response,
    browser: Browser = "",
    user_agent: Agent = "",
) -> EnteredView:
    returned = sign_on.Returned(state=body.state, code=body.code, issuer=body.iss, error=body.error)
    entered = await sign_on.finish(ctx, returned=returned, browser=browser, device=rules.device_of(user_agent))
    await ctx.commit()  # the session must exist before it is used to read who I am
    response.set_cookie(COOKIE, entered.token, path="/", secure=True, httponly=True, samesite="strict")
    ctx.principal = entered.principal
    return EnteredView(me=await describe_me(ctx), return_to=entered.return_to)
