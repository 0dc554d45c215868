"""The bank's single sign-on, as far as a workbench sees it: an OpenID Connect provider that believes whoever knocks.

`python -m demobank.sign_on` lets somebody try the single sign-on of a house (docs/operations/single-sign-on.md); tests
start it too, give it faults and have it sign what no honest provider would. Anybody signs in as anybody: never use it
where there is anything to protect. It signs with its own few lines, not with the library by which the house reads.
"""

import argparse
import hashlib
import html
import json
import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, Literal
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

Fault = Literal["down", "slow", "garbage", "huge", "redirect", "not-an-object"]
Algorithm = Literal["RS256", "PS256", "ES256"]

CODE_S = 60
TOKEN_S = 300
HUGE_BYTES = 4 * 1024 * 1024
DISCOVERY, KEYS, AUTHORIZE, TOKEN = "/.well-known/openid-configuration", "/keys", "/authorize", "/token"

_PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>统一身份认证（演示）</title><style>
body{{font:16px/1.6 sans-serif;max-width:360px;margin:15vh auto;padding:0 16px}}
input,button{{font:inherit;width:100%;box-sizing:border-box;padding:10px;margin-top:8px}}</style>
<h1>统一身份认证（演示）</h1><form method="post" action="{action}"><label>员工号<input name="login" autofocus></label>
<button name="answer" value="yes">确认身份</button><button name="answer" value="no">取消</button></form></html>"""


def encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Key:
    """A pair of keys with a name, and how it signs."""

    name: str
    algorithm: Algorithm
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    @staticmethod
    def make(name: str, algorithm: Algorithm = "RS256", *, bits: int = 2_048) -> "Key":
        if algorithm == "ES256":
            return Key(name, algorithm, ec.generate_private_key(ec.SECP256R1()))
        return Key(name, algorithm, rsa.generate_private_key(65_537, bits))

    def sign(self, text: bytes) -> bytes:
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            r, s = decode_dss_signature(self.private.sign(text, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        if self.algorithm == "PS256":
            way = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
            return self.private.sign(text, way, hashes.SHA256())
        return self.private.sign(text, padding.PKCS1v15(), hashes.SHA256())

    def published(self) -> dict[str, str]:
        said = {"kid": self.name, "use": "sig", "alg": self.algorithm}
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            point = self.private.public_key().public_numbers()
            x, y = (encode(one.to_bytes(32, "big")) for one in (point.x, point.y))
            return said | {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        numbers = self.private.public_key().public_numbers()
        n, e = (encode(one.to_bytes((one.bit_length() + 7) // 8, "big")) for one in (numbers.n, numbers.e))
        return said | {"kty": "RSA", "n": n, "e": e}


def sign(key: Key, header: Mapping[str, Any] | str, claims: Mapping[str, Any] | str) -> str:
    """A compact token; a text instead of a mapping is taken as it stands."""
    head, body = (one if isinstance(one, str) else json.dumps(one) for one in (header, claims))
    text = f"{encode(head.encode())}.{encode(body.encode())}"
    return f"{text}.{encode(key.sign(text.encode()))}"


@dataclass(frozen=True, slots=True)
class Honest:
    """What an honest token would hold, for whoever wants to give something else."""

    key: Key
    header: dict[str, Any]
    claims: dict[str, Any]
    access_token: str

    def token(self) -> str:
        return sign(self.key, self.header, self.claims)


@dataclass(slots=True)
class Provider:
    """One provider on loopback, with one client. `issuer` is known from the start."""

    client_id: str
    secret: str | None
    return_address: str
    clock: Callable[[], float] = time.time
    port: int = 0
    claim: str = "preferred_username"
    keys: list[Key] = field(default_factory=lambda: [Key.make("k1")])
    faults: dict[str, Fault] = field(default_factory=dict[str, Fault])
    says: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the discovery document says instead."""
    forge: Callable[[Honest], object] = Honest.token
    asked: Counter[str] = field(default_factory=Counter[str])
    _codes: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    _ended: Event = field(default_factory=Event)
    _server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        provider = self

        class Handler(_Handler):
            house = provider

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def serve(self) -> None:
        """Until somebody interrupts."""
        self._server.serve_forever()

    def stop(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float) -> bool:
        """Pause; true when the provider has been stopped meanwhile."""
        return self._ended.wait(seconds)

    def rotate(self, algorithm: Algorithm = "RS256") -> None:
        """Sign with a new key; the old one is no longer published."""
        self.keys = [Key.make(f"k{secrets.token_hex(4)}", algorithm)]

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + AUTHORIZE,
            "token_endpoint": self.issuer + TOKEN,
            "jwks_uri": self.issuer + KEYS,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        } | self.says

    def admit(self, query: Mapping[str, str], login: str) -> str:
        """Somebody has said who they are: the address to which the browser goes back."""
        if query.get("redirect_uri") != self.return_address or query.get("client_id") != self.client_id:
            raise ValueError("another client or another way back than is registered")
        code = secrets.token_urlsafe(24)
        self._codes[code] = {**query, "login": login, "until": str(self.clock() + CODE_S)}
        return f"{self.return_address}?{urlencode({'code': code, 'state': query['state'], 'iss': self.issuer})}"

    def refuse(self, query: Mapping[str, str]) -> str:
        answer = {"error": "access_denied", "state": query.get("state", ""), "iss": self.issuer}
        return f"{self.return_address}?{urlencode(answer)}"

    def redeem(self, form: Mapping[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """A code is good once, for who asked for it, with the secret of the client and the verifier of the attempt."""
        if not self._is_client(form, authorization):
            return 401, {"error": "invalid_client"}
        begun = self._codes.pop(form.get("code", ""), None)
        challenge = encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            begun is None
            or float(begun["until"]) < self.clock()
            or begun.get("code_challenge_method") != "S256"
            or begun.get("code_challenge") != challenge
            or begun["redirect_uri"] != form.get("redirect_uri")
        ):
            return 400, {"error": "invalid_grant"}
        access_token = secrets.token_urlsafe(24)
        honest = self._honest(begun["login"], begun["nonce"], access_token)
        answer = {"access_token": access_token, "token_type": "Bearer", "expires_in": TOKEN_S}
        return 200, answer | {"id_token": self.forge(honest)}

    def _is_client(self, form: Mapping[str, str], authorization: str) -> bool:
        if self.secret is None:
            return form.get("client_id") == self.client_id
        if "client_secret" in form:
            return (form.get("client_id"), form["client_secret"]) == (self.client_id, self.secret)
        name, _, secret = b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return (unquote_plus(name), unquote_plus(secret)) == (self.client_id, self.secret)

    def _honest(self, login: str, nonce: str, access_token: str) -> Honest:
        key, now = self.keys[0], int(self.clock())
        digest = hashlib.sha256(access_token.encode()).digest()
        claims = {
            "iss": self.issuer,
            "sub": f"person-{login}",
            "aud": self.client_id,
            "exp": now + TOKEN_S,
            "iat": now,
            "nonce": nonce,
            "at_hash": encode(digest[:16]),
            self.claim: login,
        }
        return Honest(key, {"alg": key.algorithm, "kid": key.name, "typ": "JWT"}, claims, access_token)


class _Handler(BaseHTTPRequestHandler):
    house: Provider

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's word)
        """Quiet: nobody reads it."""

    def do_GET(self) -> None:
        path = self._begin()
        if path == DISCOVERY:
            self._answer(200, self.house.discovery())
        elif path == KEYS:
            self._answer(200, {"keys": [key.published() for key in self.house.keys]})
        elif path == AUTHORIZE:
            page = _PAGE.format(action=html.escape(self.path, quote=True))
            self._send(200, page.encode(), "text/html; charset=utf-8")
        elif path:
            self._answer(404, {"error": "not_found"})

    def do_POST(self) -> None:
        path = self._begin()
        form = _flat(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())
        if path == TOKEN:
            self._answer(*self.house.redeem(form, self.headers.get("Authorization", "")))
        elif path == AUTHORIZE:
            query = _flat(urlsplit(self.path).query)
            said_yes = form.get("answer") == "yes"
            self._go(self.house.admit(query, form.get("login", "")) if said_yes else self.house.refuse(query))
        elif path:
            self._answer(404, {"error": "not_found"})

    def _begin(self) -> str:
        """The path that is asked for; nothing when a fault has answered."""
        path = urlsplit(self.path).path
        self.house.asked[path] += 1
        fault = self.house.faults.get(path)
        if fault is None:
            return path
        self.close_connection = True
        with suppress(OSError):  # nobody waits for the end
            self._fail(fault)
        return ""

    def _fail(self, fault: Fault) -> None:
        match fault:
            case "down":
                self._answer(503, {"error": "temporarily_unavailable"})
            case "garbage":
                self._send(200, b"\xff\xfe{" + secrets.token_bytes(2_000), "application/json")
            case "not-an-object":
                self._send(200, b"[[[[1]]]]", "application/json")
            case "redirect":
                self._go("http://127.0.0.1:9/elsewhere")
            case "huge":
                self._send(200, b'{"keys": "' + b"x" * HUGE_BYTES, "application/json")
            case "slow":
                self.send_response(200)
                self.end_headers()
                while not self.house.wait(0.2):  # never silent for long, and never done
                    self.wfile.write(b" ")

    def _go(self, address: str) -> None:
        self.send_response(303)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, status: int, document: Mapping[str, Any]) -> None:
        self._send(status, json.dumps(document).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _flat(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}


def main() -> None:
    words = argparse.ArgumentParser(prog="demobank.sign_on", description="A single sign-on to try a house with.")
    words.add_argument("--port", type=int, default=8_090)
    words.add_argument("--client-id", default="haoyou")
    words.add_argument(
        "--secret-file", type=Path, help="as the house's HAOYOU_OIDC_CLIENT_SECRET_FILE; none: public client"
    )
    words.add_argument("--return-to", default="http://127.0.0.1:8080/sign-in/return")
    given = words.parse_args()
    secret = given.secret_file.read_text(encoding="utf-8").strip() if given.secret_file else None
    provider = Provider(given.client_id, secret, given.return_to, port=given.port)
    print(f"issuer {provider.issuer}; everybody is believed", flush=True)
    try:
        provider.serve()
    except KeyboardInterrupt:
        print("stopped")


if __name__ == "__main__":
    main()
