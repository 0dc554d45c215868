"""Reading an ID token: what must be true before its words are believed. No clock, no line, nothing remembered."""

import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, cast

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from haoyou.kernel.errors import Json

TOKEN_LENGTH_MAX = 16_384
HEADER_LENGTH_MAX = 8_192  # some providers send their certificate along; it is not looked at
KEYS_MAX = 64
RSA_BITS_MIN = 2_048
FRESH_S = 600  # a token that comes straight from the provider is new
SUBJECT_LENGTH_MAX = 255
LOGIN_LENGTH_MAX = 40

_PART = re.compile(r"(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2,3})?")
_CURVES = {"ES256": "P-256", "ES384": "P-384"}
_HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}

Jwk = Mapping[str, Json]


class BadToken(Exception):
    """`reason`: one stable word for the record; the person who signs in does not see it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Header:
    algorithm: str
    key_id: str | None


@dataclass(frozen=True, slots=True)
class Expected:
    """What this house asked for, and whom it trusts."""

    issuer: str
    client_id: str
    nonce: str
    staff_claim: str
    slack_s: int


def read_json(text: str | bytes) -> dict[str, Json]:
    """An object in which no name stands twice: two readers could believe different ones. Raises BadToken."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise BadToken("name_twice")
        return found

    def refuse(_word: str) -> None:
        raise BadToken("not_json")

    try:
        read = json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise BadToken("not_json") from None
    if not isinstance(read, dict):
        raise BadToken("not_json")
    return cast("dict[str, Json]", read)


def read_header(token: str, *, algorithms: frozenset[str]) -> Header:
    """What the token says of its signature. Keys that it brings along (jwk, jku, x5u, x5c) are not looked at."""
    parts = token.split(".")
    if len(token) > TOKEN_LENGTH_MAX or len(parts) != 3 or len(parts[0]) > HEADER_LENGTH_MAX or not token.isascii():
        raise BadToken("misshapen")
    header = read_json(_decode(parts[0]))
    algorithm, key_id, kind = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise BadToken("algorithm")
    if "crit" in header or "b64" in header:
        raise BadToken("critical")
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise BadToken("type")
    if not (key_id is None or (isinstance(key_id, str) and key_id)):
        raise BadToken("key_id")
    return Header(algorithm, key_id)


def _decode(part: str) -> bytes:
    if not _PART.fullmatch(part):
        raise BadToken("misshapen")
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


class _Registry(jws.JWSRegistry):
    max_header_length = HEADER_LENGTH_MAX


def _registry(algorithm: str) -> jws.JWSRegistry:
    """Header names we do not know are passed over, as the standard says; `crit` has been refused before."""
    return _Registry(algorithms=[algorithm], strict_check_header=False)


def pick_key(keys: Sequence[Jwk], header: Header) -> Jwk | None:
    """The one published key that fits. With two of a name, or none named among several, none does."""
    fitting = [key for key in keys if _fits(key, header)]
    return fitting[0] if len(fitting) == 1 else None


def _fits(key: Jwk, header: Header) -> bool:
    kind = "EC" if header.algorithm in _CURVES else "RSA"
    return (
        key.get("kty") == kind
        and key.get("use", "sig") == "sig"
        and key.get("alg", header.algorithm) == header.algorithm
        and (kind == "RSA" or key.get("crv") == _CURVES[header.algorithm])
        and (header.key_id is None or key.get("kid") == header.key_id)
    )


def read_claims(token: str, *, header: Header, key: Jwk) -> dict[str, Json]:
    """The claims, once the signature has been found to be of this key. Raises BadToken."""
    try:
        signed = jws.deserialize_compact(token, _import(key), registry=_registry(header.algorithm))
    except (JoseError, ValueError):
        raise BadToken("signature") from None
    return read_json(signed.payload)


def _import(key: Jwk) -> RSAKey | ECKey:
    """Of a published key only its public numbers are taken."""
    names = ("kty", "crv", "x", "y") if key["kty"] == "EC" else ("kty", "n", "e")
    public = {name: str(key.get(name, "")) for name in names}
    if "n" in public and len(public["n"]) * 6 < RSA_BITS_MIN:  # a letter holds six bits
        raise BadToken("weak_key")
    try:
        return (ECKey if key["kty"] == "EC" else RSAKey).import_key(public)  # pyright: ignore[reportArgumentType]
    except (JoseError, ValueError, TypeError):
        raise BadToken("bad_key") from None


def check_claims(claims: Mapping[str, Json], *, expected: Expected, now: datetime) -> str:
    """The staff number of whoever signed in. Raises BadToken with the first thing that is wrong."""
    if claims.get("iss") != expected.issuer:
        raise BadToken("issuer")
    _check_audience(claims, expected.client_id)
    _check_times(claims, expected.slack_s, now.timestamp())
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise BadToken("nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LENGTH_MAX:
        raise BadToken("subject")
    login = claims.get(expected.staff_claim)
    if not isinstance(login, str) or not 0 < len(login) <= LOGIN_LENGTH_MAX or not login.isprintable():
        raise BadToken("staff_claim")
    return login


def _check_audience(claims: Mapping[str, Json], client_id: str) -> None:
    """Made for us. With other audiences beside us, it must say that it was us who asked for it."""
    given, asked_by = claims.get("aud"), claims.get("azp")
    audience = [given] if isinstance(given, str) else given
    if not isinstance(audience, list) or not all(isinstance(one, str) for one in audience) or client_id not in audience:
        raise BadToken("audience")
    if "azp" in claims and asked_by != client_id:
        raise BadToken("asked_by")
    if set(audience) != {client_id} and asked_by != client_id:
        raise BadToken("asked_by")


def _check_times(claims: Mapping[str, Json], slack_s: int, now: float) -> None:
    ends, made = _instant(claims, "exp"), _instant(claims, "iat")
    if ends is None or ends <= now - slack_s:
        raise BadToken("expired")
    if made is None or not now - FRESH_S - slack_s <= made <= now + slack_s:
        raise BadToken("issued_at")
    if "nbf" in claims:
        begins = _instant(claims, "nbf")
        if begins is None or begins > now + slack_s:
            raise BadToken("not_before")


def _instant(claims: Mapping[str, Json], name: str) -> float | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if isfinite(seconds) else None


def check_access_token(claims: Mapping[str, Json], *, algorithm: str, access_token: Json) -> None:
    """`at_hash`, where it is given, ties the ID token to the access token that came with it."""
    given = claims.get("at_hash")
    if given is None and "at_hash" not in claims:
        return
    if not isinstance(access_token, str) or not isinstance(given, str):
        raise BadToken("at_hash")
    digest = _HASHES[algorithm[-3:]](access_token.encode()).digest()
    made = urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=")
    if not hmac.compare_digest(made, given.encode()):
        raise BadToken("at_hash")
