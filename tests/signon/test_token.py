"""Tokens no honest provider would give: none is taken, and each is refused for its own reason."""

import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from demobank.sign_on import Honest, Key, Provider, encode, sign
from haoyou.kernel.house import House
from haoyou.kernel.testing.clock import START
from tests.signon.conftest import Attempt

NOW = int(START.timestamp())
SLACK_S, FRESH_S = 60, 600
Forge = Callable[[Honest], object]

STRANGER = Key.make("k1")
STRANGER_EC = Key.make("k1", "ES256")


def claims(**changed: object) -> Forge:
    """Honestly signed, with other claims; None takes one away."""

    def forge(honest: Honest) -> str:
        kept = {**honest.claims, **changed}
        return sign(honest.key, honest.header, {name: one for name, one in kept.items() if one is not None})

    return forge


def header(*, key: Key | None = None, **changed: object) -> Forge:
    """Another header; signed by the provider's key unless another is given."""

    def forge(honest: Honest) -> str:
        kept = {**honest.header, **changed}
        return sign(key or honest.key, {name: one for name, one in kept.items() if one is not None}, honest.claims)

    return forge


def text(change: Callable[[str], str]) -> Forge:
    """The honest token, its text bent afterwards."""
    return lambda honest: change(honest.token())


def unsigned(name: str) -> Forge:
    return lambda honest: ".".join(
        [encode(json.dumps({"alg": name}).encode()), encode(json.dumps(honest.claims).encode()), ""]
    )


def with_shared_secret(secret: Callable[[Honest], bytes], name: str = "HS256") -> Forge:
    """Signed with what everybody can read, in the hope that the house takes a public key for a shared secret."""

    def forge(honest: Honest) -> str:
        head = encode(json.dumps({"alg": name, "kid": honest.key.name}).encode())
        signed = f"{head}.{encode(json.dumps(honest.claims).encode())}"
        return f"{signed}.{encode(hmac.digest(secret(honest), signed.encode(), 'sha256'))}"

    return forge


def published(honest: Honest) -> bytes:
    return json.dumps(honest.key.published()).encode()


def modulus(honest: Honest) -> bytes:
    return honest.key.published()["n"].encode()


def body(change: Callable[[str], str]) -> Forge:
    """Honestly signed, over a text of our own making."""
    return lambda honest: sign(honest.key, honest.header, change(json.dumps(honest.claims)))


def head(change: Callable[[str], str]) -> Forge:
    return lambda honest: sign(honest.key, change(json.dumps(honest.header)), honest.claims)


def swap_claims(token: str) -> str:
    first, _, last = token.split(".")
    return ".".join([first, encode(json.dumps({"iss": "x", "preferred_username": "ADMIN"}).encode()), last])


def grown(token: str) -> str:
    return f"{token}{'A' * 20_000}"


def twice(name: str, value: object) -> Callable[[str], str]:
    return lambda document: f'{{"{name}": {json.dumps(value)}, {document[1:]}'


BROUGHT = STRANGER.published()

FORGED: dict[str, tuple[str, Forge]] = {
    # the signature
    "alg none": ("algorithm", unsigned("none")),
    "alg None": ("algorithm", unsigned("None")),
    "alg nOnE": ("algorithm", unsigned("nOnE")),
    "alg none, a signature left on": ("algorithm", header(alg="none")),
    "HS256 with the published key": ("algorithm", with_shared_secret(published)),
    "HS256 with the modulus": ("algorithm", with_shared_secret(modulus)),
    "HS256 with the client's secret": ("algorithm", with_shared_secret(lambda _: b"a secret/of the:client")),
    "HS256 with nothing": ("algorithm", with_shared_secret(lambda _: b"")),
    "shared secret called RS256": ("signature", with_shared_secret(published, "RS256")),
    "RS512, not allowed here": ("algorithm", header(alg="RS512")),
    "EdDSA": ("algorithm", header(alg="EdDSA")),
    "no alg": ("algorithm", header(alg=None)),
    "alg is a list": ("algorithm", header(alg=["RS256"])),
    "PS256 of an RS256 key": ("unknown_key", header(alg="PS256")),
    "ES256 of an RSA key": ("unknown_key", header(alg="ES256")),
    "another key of the same name": ("signature", header(key=STRANGER)),
    "another key of its own name": ("unknown_key", header(key=STRANGER, kid="stranger")),
    "another kind of key": ("unknown_key", header(key=STRANGER_EC, alg="ES256")),
    "no signature": ("signature", text(lambda token: token.rsplit(".", 1)[0] + ".")),
    "a cut signature": ("signature", text(lambda token: token[:-4])),
    "a longer signature": ("signature", text(lambda token: token + "AAAA")),
    "a bent signature": ("signature", text(lambda token: token[:-10] + "AAAAAAAAAA")),
    "other claims under the signature": ("signature", text(swap_claims)),
    "claims bent by a letter": ("signature", text(lambda token: token.replace(".eyJ", ".eyK", 1))),
    # keys that the token brings along
    "jwk in the header": ("signature", header(key=STRANGER, jwk=BROUGHT)),
    "jwk in the header, its name too": (
        "unknown_key",
        header(key=STRANGER, kid="mine", jwk={**BROUGHT, "kid": "mine"}),
    ),
    "jku in the header": ("signature", header(key=STRANGER, jku="http://127.0.0.1:9/keys")),
    "x5u in the header": ("signature", header(key=STRANGER, x5u="http://127.0.0.1:9/keys")),
    "x5c in the header": ("signature", header(key=STRANGER, x5c=["MIIB"])),
    "kid is a path": ("unknown_key", header(kid="../../dev/null")),
    "kid is a statement": ("unknown_key", header(kid="k1' or '1'='1")),
    "kid is a list": ("key_id", header(kid=["k1"])),
    "kid is empty": ("key_id", header(kid="")),
    # the header
    "crit": ("critical", header(crit=["exp"])),
    "crit of nothing": ("critical", header(crit=[])),
    "b64 false": ("critical", header(b64=False)),
    "an access token": ("type", header(typ="at+jwt")),
    "a logout token": ("type", header(typ="logout+jwt")),
    "type is a number": ("type", header(typ=7)),
    "alg stands twice": ("name_twice", head(twice("alg", "none"))),
    "header is a list": ("not_json", head(lambda _: '["RS256"]')),
    "header is no JSON": ("not_json", head(lambda _: "RS256")),
    # the shape
    "not a string": ("no_id_token", lambda honest: {"token": honest.token()}),
    "nothing": ("misshapen", lambda _: ""),
    "two parts": ("misshapen", text(lambda token: token.rsplit(".", 1)[0])),
    "four parts": ("misshapen", text(lambda token: token + ".AAAA")),
    "encrypted": ("misshapen", text(lambda token: token + ".AAAA.AAAA")),
    "enormous": ("misshapen", text(grown)),
    "spaces": ("misshapen", text(lambda token: f" {token}")),
    "padding": ("misshapen", text(lambda token: token.replace(".", "=.", 1))),
    "claims are a list": ("not_json", body(lambda _: "[]")),
    "claims are no JSON": ("not_json", body(lambda _: "{")),
    "claims nested without end": ("not_json", body(lambda document: document[:-1] + ', "x": ' + "[" * 5_000)),
    "NaN among the claims": ("not_json", body(lambda document: document[:-1] + ', "x": NaN}')),
    "sub stands twice": ("name_twice", body(twice("sub", "person-ADMIN"))),
    "the staff number stands twice": ("name_twice", body(twice("preferred_username", "ADMIN"))),
    # the claims
    "another issuer": ("issuer", claims(iss="https://elsewhere.example")),
    "an issuer with a slash more": ("issuer", lambda honest: claims(iss=honest.claims["iss"] + "/")(honest)),
    "no issuer": ("issuer", claims(iss=None)),
    "issuer is a list": ("issuer", lambda honest: claims(iss=[honest.claims["iss"]])(honest)),
    "another audience": ("audience", claims(aud="somebody-else")),
    "no audience": ("audience", claims(aud=None)),
    "an audience that begins alike": ("audience", claims(aud="haoyou-2")),
    "audience in pieces": ("audience", claims(aud={"haoyou": True})),
    "numbers in the audience": ("audience", claims(aud=["haoyou", 7], azp="haoyou")),
    "several audiences, nobody named": ("asked_by", claims(aud=["haoyou", "payroll"])),
    "asked for by another": ("asked_by", claims(azp="payroll")),
    "several audiences, another asked": ("asked_by", claims(aud=["haoyou", "payroll"], azp="payroll")),
    "azp is nothing": ("asked_by", body(lambda document: document[:-1] + ', "azp": null}')),
    "expired": ("expired", claims(exp=NOW - SLACK_S)),
    "no end": ("expired", claims(exp=None)),
    "end is text": ("expired", claims(exp=str(NOW + 300))),
    "end is true": ("expired", claims(exp=True)),
    "end beyond all numbers": ("expired", body(lambda document: document.replace('"exp": ', '"exp": 1e999, "x": '))),
    "end of four hundred digits": ("expired", claims(exp=10**400)),
    "made tomorrow": ("issued_at", claims(iat=NOW + SLACK_S + 1)),
    "made long ago": ("issued_at", claims(iat=NOW - FRESH_S - SLACK_S - 1)),
    "no birth": ("issued_at", claims(iat=None)),
    "not yet": ("not_before", claims(nbf=NOW + SLACK_S + 1)),
    "not before what": ("not_before", claims(nbf="soon")),
    "another nonce": ("nonce", claims(nonce="0" * 32)),
    "no nonce": ("nonce", claims(nonce=None)),
    "nonce is a list": ("nonce", lambda honest: claims(nonce=[honest.claims["nonce"]])(honest)),
    "no subject": ("subject", claims(sub=None)),
    "subject is a number": ("subject", claims(sub=7)),
    "subject is empty": ("subject", claims(sub="")),
    "subject too long": ("subject", claims(sub="x" * 256)),
    "no staff number": ("staff_claim", claims(preferred_username=None)),
    "staff number is a number": ("staff_claim", claims(preferred_username=81001)),
    "staff number is a list": ("staff_claim", claims(preferred_username=["RM-O11"])),
    "staff number too long": ("staff_claim", claims(preferred_username="R" * 41)),
    "staff number with a line break": ("staff_claim", claims(preferred_username="RM-O11\n")),
    "hash of another access token": ("at_hash", claims(at_hash=encode(b"0" * 16))),
    "access token's hash is a number": ("at_hash", claims(at_hash=7)),
    "access token's hash is nothing": (
        "at_hash",
        body(lambda document: document.replace('"at_hash"', '"at_hash": null, "x"')),
    ),
}

TAKEN: dict[str, Forge] = {
    "honest": Honest.token,
    "at the edge of the clocks": claims(exp=NOW - SLACK_S + 1, iat=NOW + SLACK_S, nbf=NOW + SLACK_S),
    "the audience as a list": claims(aud=["haoyou"]),
    "several audiences, and it was us": claims(aud=["payroll", "haoyou"], azp="haoyou"),
    "without the name of the key, where there is one": header(kid=None),
    "without a type": header(typ=None),
    "with keys of its own, which nobody looks at": header(
        jwk=BROUGHT, jku="http://127.0.0.1:9/keys", x5u="http://127.0.0.1:9/", x5c=["MIIB" * 500]
    ),
    "with words we do not know": claims(acr="2", amr=["otp"], groups=["a", "b"]),
}


async def refusals(house: House) -> list[str]:
    """Why attempts were refused, in order, as the record has it."""
    async with house.engine.connect() as connection:
        await connection.exec_driver_sql("select set_config('role', 'haoyou_kernel', true)")
        rows = await connection.exec_driver_sql(
            "select entry ->> 'reason' from (select entry, id from kernel.audit_pending) a"
            " where entry ->> 'operation' = 'identity.sign_on_refused' order by id"
        )
        return [row[0] for row in rows]


@pytest.mark.house(running=False)
async def test_no_forged_token_is_taken_and_each_is_refused_for_its_own_reason(
    attempt: Attempt, provider: Provider, house: House
) -> None:
    assert len(FORGED) >= 40
    seen: dict[str, Any] = {}
    for name, (_, forge) in FORGED.items():
        provider.forge = forge
        answer = await attempt.run()
        code = answer.json().get("code")
        seen[name] = (answer.status_code, code, "__Host-haoyou=" in answer.headers.get("set-cookie", ""))
    refused = (401, "identity.sign_on_refused", False)
    assert {name: one for name, one in seen.items() if one != refused} == {}
    assert dict(zip(FORGED, await refusals(house), strict=True)) == {name: why for name, (why, _) in FORGED.items()}
    assert set(provider.asked) == {"/.well-known/openid-configuration", "/token", "/keys"}
    taken = {}
    for name, forge in TAKEN.items():  # the same house, the same line: it was not refusing everything
        provider.forge = forge
        taken[name] = (await attempt.run()).status_code
    assert taken == dict.fromkeys(TAKEN, 200)
