"""Signing in through the bank's single sign-on: an attempt begins, the provider's answer is taken, a session opens.

Authorization code with PKCE through the back end: the browser carries a code and a state, never a token. Whoever comes
back must be a member of staff the house already knows; nobody is made here.
"""

import hashlib
import json
import logging
import re
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import quote_plus, urlencode

from haoyou.centers.identity import contract, oidc_store, rules, session, store
from haoyou.centers.identity.oidc import provider, token
from haoyou.centers.identity.oidc.configuration import Configuration, read_configuration
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.errors import AppError, Json, NotFound
from haoyou.kernel.names import Name
from haoyou.kernel.principal import Principal

log = logging.getLogger(__name__)

_BROWSER = re.compile(r"[A-Za-z0-9_-]{43}")
FLOW_S = 600  # long enough to look for a telephone with a second factor on it
FLOWS_MAX = 20_000  # the oldest make room; a flood would have to fill it while somebody types a password


@dataclass(frozen=True, slots=True)
class Ways:
    """How one may sign in here."""

    password: rules.PasswordUse
    label: Name | None
    """What the button of the single sign-on says; nothing where there is none."""


@dataclass(frozen=True, slots=True)
class Begun:
    address: str
    """The provider's page, to which the browser goes."""
    browser: str
    """What only this browser keeps, in a cookie."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What the provider's redirect brought back, as the browser hands it on."""

    state: str
    code: str | None
    issuer: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Entered:
    token: str
    principal: Principal
    return_to: str


class _Refused(Exception):
    """`reason` for the record, `error` for the person."""

    def __init__(self, reason: str, error: AppError, *, login: str = "") -> None:
        super().__init__(reason)
        self.reason, self.error, self.login = reason, error, login


def list_ways(ctx: Ctx) -> Ways:
    configuration = read_configuration(ctx.house.settings)
    settings = ctx.house.settings
    use = rules.PasswordUse.RESERVED if settings.break_glass_login else rules.PasswordUse.NOBODY
    if settings.password_sign_in or configuration is None:
        use = rules.PasswordUse.ANYBODY
    return Ways(password=use, label=configuration.label if configuration else None)


def _configured(ctx: Ctx) -> Configuration:
    configuration = read_configuration(ctx.house.settings)
    if configuration is None:
        raise NotFound()
    return configuration


async def begin(ctx: Ctx, *, return_to: str, browser: str, device: str) -> Begun:
    """Open an attempt; `browser` is what this browser was given before, or nothing.

    A tablet passes from hand to hand: there the provider asks anew who it is, whoever it remembers.
    """
    configuration = _configured(ctx)
    doors = await provider.get_doors(ctx, configuration)
    state = secrets.token_urlsafe(32)
    if not _BROWSER.fullmatch(browser):
        browser = secrets.token_urlsafe(32)
    async with ctx.write() as tx:
        await oidc_store.drop_old_flows(tx, before=ctx.now - timedelta(seconds=FLOW_S), keep=FLOWS_MAX - 1)
        await oidc_store.add_flow(
            tx,
            state_hash=session.hash_token(state),
            browser_hash=session.hash_token(browser),
            return_to=return_to,
            at=ctx.now,
        )
    challenge = urlsafe_b64encode(hashlib.sha256(_verifier(ctx, state).encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": configuration.client_id,
        "redirect_uri": configuration.return_address,
        "scope": configuration.scopes,
        "state": state,
        "nonce": _nonce(ctx, state),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    } | ({"prompt": "login"} if device == "tablet" else {})
    joint = "&" if "?" in doors.authorization else "?"
    return Begun(f"{doors.authorization}{joint}{urlencode(query)}", browser)


def _verifier(ctx: Ctx, state: str) -> str:
    """Made of the state with a key of the house, so that nothing secret of an attempt has to be kept."""
    keyring = ctx.house.keyring
    return keyring.blind(state, purpose="oidc verifier 1") + keyring.blind(state, purpose="oidc verifier 2")


def _nonce(ctx: Ctx, state: str) -> str:
    return ctx.house.keyring.blind(state, purpose="oidc nonce")


async def finish(ctx: Ctx, *, returned: Returned, browser: str, device: str) -> Entered:
    """Take the provider's answer and open a session. The attempt is spent first, whatever becomes of it."""
    configuration = _configured(ctx)
    try:
        return_to = await _spend(ctx, state=returned.state, browser=browser)
        login = await _identify(ctx, configuration, returned)
        opened, principal = await _enter(ctx, login=login, device=device)
        return Entered(opened, principal, return_to)
    except _Refused as refused:
        log.warning("single sign-on refused (%s), request %s", refused.reason, ctx.request_ref)
        async with ctx.write() as tx:
            tx.audit("sign_on_refused", ids=[refused.login] if refused.login else [], reason=refused.reason)
        await ctx.commit()  # on record although the request ends in an error
        raise refused.error from None
    except contract.ProviderUnavailable as unavailable:
        log.warning("single sign-on does not answer (%s), request %s", unavailable.detail, ctx.request_ref)
        raise contract.ProviderUnavailable() from None


async def _spend(ctx: Ctx, *, state: str, browser: str) -> str:
    """A write of its own, committed before anybody is asked: a state that has been shown is worth nothing any more."""
    async with replace(ctx, edge=None).write() as tx:
        return_to = await oidc_store.spend_flow(
            tx,
            state_hash=session.hash_token(state),
            browser_hash=session.hash_token(browser),
            since=ctx.now - timedelta(seconds=FLOW_S),
        )
    if return_to is None:
        raise _Refused("state", rules.SignOnOver())
    return return_to


async def _identify(ctx: Ctx, configuration: Configuration, returned: Returned) -> str:
    """The staff number the provider answers for."""
    doors = await provider.get_doors(ctx, configuration)
    if returned.issuer != configuration.issuer and (returned.issuer is not None or doors.names_itself):
        raise _Refused("answer_of_another", rules.SignOnRefused())
    if returned.error is not None or not returned.code:
        raise _Refused("declined", rules.SignOnRefused())
    try:
        answer = await _redeem(ctx, configuration, doors, code=returned.code, state=returned.state)
        return await _read_identity(ctx, configuration, answer, nonce=_nonce(ctx, returned.state))
    except token.BadToken as bad:
        raise _Refused(bad.reason, rules.SignOnRefused()) from None


async def _read_identity(ctx: Ctx, configuration: Configuration, answer: Mapping[str, Json], *, nonce: str) -> str:
    """The staff number in the ID token of this answer. Raises BadToken."""
    id_token = answer.get("id_token")
    if not isinstance(id_token, str):
        raise token.BadToken("no_id_token")
    header = token.read_header(id_token, algorithms=configuration.algorithms)
    key = await provider.find_key(ctx, configuration, header)
    if key is None:
        raise token.BadToken("unknown_key")
    claims = token.read_claims(id_token, header=header, key=key)
    token.check_access_token(claims, algorithm=header.algorithm, access_token=answer.get("access_token"))
    expected = token.Expected(
        issuer=configuration.issuer,
        client_id=configuration.client_id,
        nonce=nonce,
        staff_claim=configuration.staff_claim,
        slack_s=configuration.slack_s,
    )
    return token.check_claims(claims, expected=expected, now=ctx.now)


async def _redeem(
    ctx: Ctx, configuration: Configuration, doors: provider.Doors, *, code: str, state: str
) -> dict[str, Json]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": configuration.return_address,
        "code_verifier": _verifier(ctx, state),
    }
    authorization = None
    if configuration.secret is None or doors.secret_in_form:
        form["client_id"] = configuration.client_id
        form |= {"client_secret": configuration.secret} if configuration.secret else {}
    else:
        pair = f"{quote_plus(configuration.client_id)}:{quote_plus(configuration.secret)}"
        authorization = f"Basic {b64encode(pair.encode()).decode()}"
    (line,) = ctx.house.provided(contract.IdentityProvider)
    answer = await line.redeem(ctx, address=doors.token, form=form, authorization=authorization)
    if answer.status >= 500:
        raise contract.ProviderUnavailable(f"status {answer.status} from {doors.token}")
    if answer.status != 200:
        raise _Refused("code" if _says_invalid_grant(answer.body) else "client", rules.SignOnRefused())
    return token.read_json(answer.body)


def _says_invalid_grant(body: str) -> bool:
    """Else it is us whom the provider does not take: an operator must look."""
    try:
        return json.loads(body).get("error") == "invalid_grant"
    except (ValueError, AttributeError, RecursionError):
        return False


async def _enter(ctx: Ctx, *, login: str, device: str) -> tuple[str, Principal]:
    async with ctx.read() as tx:
        person = await store.find_sign_in(tx, login=login)
        posts = await store.list_posts(tx, staff_ids=[person.id]) if person else []
    if person is None or person.left_on is not None or not posts:
        raise _Refused("unknown_staff", rules.NotKnownHere(), login=login)
    if person.locked:
        raise _Refused("locked_staff", rules.Disabled(), login=login)
    return await session.open_for(ctx, person, login=login, post_id=None, device=device, way="oidc")
