"""What this house knows of its single sign-on: where its doors are and with which keys it signs. Kept for an hour."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakKeyDictionary

from haoyou.centers.identity import contract
from haoyou.centers.identity.oidc import token
from haoyou.centers.identity.oidc.configuration import Configuration, is_safe_address
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.errors import Json
from haoyou.kernel.house import House

KEPT_S = 3_600
KEYS_AGAIN_S = 30  # a key we do not know is looked for so often at most, whatever tokens are sent to us
FAILED_S = 5  # so long after it did not answer nobody waits for it again: one person has, for all

_DISCOVERY = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Doors:
    authorization: str
    token: str
    keys: str
    end_session: str | None
    secret_in_form: bool
    names_itself: bool
    """Says its own name in every answer to the browser (RFC 9207): an answer without it is not from there."""


@dataclass(slots=True)
class _Known:
    issuer: str
    doors: Doors
    doors_at: datetime
    keys: tuple[token.Jwk, ...] = ()
    keys_at: datetime | None = None


@dataclass(slots=True)
class _Memory:
    known: _Known | None = None
    failed_at: datetime | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


_memories: WeakKeyDictionary[House, _Memory] = WeakKeyDictionary()


async def get_doors(ctx: Ctx, configuration: Configuration) -> Doors:
    """Raises ProviderUnavailable, also when what is published cannot be used safely."""
    memory = _memories.setdefault(ctx.house, _Memory())
    async with memory.turn:
        with _noting_failure(ctx, memory):
            return (await _know(ctx, configuration, memory)).doors


async def find_key(ctx: Ctx, configuration: Configuration, header: token.Header) -> token.Jwk | None:
    """The published key a token names. A name we do not know has the keys fetched again, rarely."""
    memory = _memories.setdefault(ctx.house, _Memory())
    async with memory.turn:
        with _noting_failure(ctx, memory):
            known = await _know(ctx, configuration, memory)
            asked = known.keys_at is None or _age_s(ctx, known.keys_at) >= KEPT_S
            if asked:
                await _fetch_keys(ctx, known)
            key = token.pick_key(known.keys, header)
            assert known.keys_at
            if key is None and not asked and _age_s(ctx, known.keys_at) >= KEYS_AGAIN_S:
                await _fetch_keys(ctx, known)
                key = token.pick_key(known.keys, header)
            return key


@contextmanager
def _noting_failure(ctx: Ctx, memory: _Memory) -> Generator[None]:
    if memory.failed_at and _age_s(ctx, memory.failed_at) < FAILED_S:
        raise contract.ProviderUnavailable("it did not answer a moment ago")
    try:
        yield
    except contract.ProviderUnavailable:
        memory.failed_at = ctx.now
        raise
    memory.failed_at = None


def _age_s(ctx: Ctx, at: datetime) -> float:
    return (ctx.now - at).total_seconds()


async def _know(ctx: Ctx, configuration: Configuration, memory: _Memory) -> _Known:
    known = memory.known
    if known is None or known.issuer != configuration.issuer or _age_s(ctx, known.doors_at) >= KEPT_S:
        document = await _read(ctx, configuration.issuer.rstrip("/") + _DISCOVERY)
        known = memory.known = _Known(configuration.issuer, _read_doors(document, configuration), ctx.now)
    return known


async def _fetch_keys(ctx: Ctx, known: _Known) -> None:
    document = await _read(ctx, known.doors.keys)
    keys = document.get("keys")
    if not isinstance(keys, list) or len(keys) > token.KEYS_MAX:
        raise contract.ProviderUnavailable(f"{known.doors.keys} has no list of keys")
    known.keys = tuple(key for key in keys if isinstance(key, dict))
    known.keys_at = ctx.now


async def _read(ctx: Ctx, address: str) -> dict[str, Json]:
    (line,) = ctx.house.provided(contract.IdentityProvider)
    try:
        return token.read_json(await line.read(ctx, address=address))
    except token.BadToken:
        raise contract.ProviderUnavailable(f"{address} is not a JSON object") from None


def _read_doors(document: dict[str, Json], configuration: Configuration) -> Doors:
    """The issuer must be, to the letter, the configured one, and every door as safe as its address."""
    if document.get("issuer") != configuration.issuer:
        raise contract.ProviderUnavailable("the discovery document is of another issuer")
    challenges = document.get("code_challenge_methods_supported", ["S256"])
    if not isinstance(challenges, list) or "S256" not in challenges:
        raise contract.ProviderUnavailable("the provider does not take PKCE with S256")
    ways = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    end = document.get("end_session_endpoint")
    return Doors(
        authorization=_door(document, "authorization_endpoint"),
        token=_door(document, "token_endpoint"),
        keys=_door(document, "jwks_uri"),
        end_session=end if isinstance(end, str) and is_safe_address(end) else None,
        secret_in_form=isinstance(ways, list) and "client_secret_basic" not in ways,
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _door(document: dict[str, Json], name: str) -> str:
    address = document.get(name)
    if not isinstance(address, str) or not is_safe_address(address):
        raise contract.ProviderUnavailable(f"the discovery document has no safe {name}")
    return address
