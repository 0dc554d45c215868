"""The gateway: every request passes here first. Who are you, may you, how often, how much; then it hands on.

Raw ASGI, because every request pays for it. It knows no room: operations come as a table, sign-on as an interface.
"""

import logging
from http.cookies import CookieError, SimpleCookie
from time import perf_counter

from prometheus_client import Counter, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from haoyou.gateway.limits import Buckets
from haoyou.gateway.routes import Table
from haoyou.gateway.static import Site
from haoyou.kernel.db.engine import statements
from haoyou.kernel.errors import (
    AppError,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthenticated,
    UnsupportedMedia,
)
from haoyou.kernel.house import House
from haoyou.kernel.ids import new_id
from haoyou.kernel.principal import NOBODY, Principal
from haoyou.kernel.web import problem
from haoyou.kernel.web.policy import PUBLIC, SIGNED_IN, Policy
from haoyou.kernel.web.signon import SessionEnded, SignOn

log = logging.getLogger(__name__)

COOKIE = "__Host-haoyou"
BURST_FACTOR = 4
PUBLIC_PER_SECOND = 5.0  # tries to sign in from one address; identity locks single accounts besides

_CSP = (
    b"default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none';"
    b" base-uri 'none'; form-action 'self'; object-src 'none'"
)
_SECURE = [
    (b"content-security-policy", _CSP),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(self), geolocation=(self)"),
]

_REQUESTS = Counter("haoyou_requests", "Requests by operation and status", ["operation", "status"])
_SECONDS = Histogram("haoyou_request_seconds", "Time to the last byte", ["operation"])


class Gateway:
    def __init__(self, *, house: House, table: Table, site: Site, inner: ASGIApp) -> None:
        self._house, self._table, self._site, self._inner = house, table, site, inner
        rate = house.settings.rate_per_second
        self._buckets = Buckets(per_second=rate, burst=rate * BURST_FACTOR)
        self._public = Buckets(per_second=PUBLIC_PER_SECOND, burst=PUBLIC_PER_SECOND * BURST_FACTOR)
        (self._sign_on,) = house.provided(SignOn)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        path: str = scope["path"]
        if path.startswith("/api/"):
            await self._serve_operation(scope, receive, send)
        elif path == "/healthz":
            await _send_text(send, 200, b'{"status":"ok"}', b"application/json")
        elif path == "/metrics":
            await _send_text(send, 200, generate_latest(), b"text/plain; version=0.0.4")
        elif path == "/openapi.json":
            await self._inner(scope, receive, send)
        else:
            accepts = dict(scope["headers"]).get(b"accept-encoding", b"")
            await self._site.send(send, path=path, accepts=accepts, method=scope["method"], headers=_SECURE)

    async def _serve_operation(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        reference = new_id().hex
        scope["haoyou.request_ref"] = reference
        counter = [0]
        statements.set(counter)
        status = 0  # until an answer has begun
        name = "unknown"

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    *_SECURE,
                    (b"cache-control", b"no-store"),
                    (b"x-request-id", reference.encode()),
                    (b"server-timing", f'sql;desc="{counter[0]}"'.encode()),
                ]
            await send(message)

        try:
            policy, name = self._find(scope)
            scope["haoyou.principal"] = await self._admit(scope, policy)
            await self._inner(scope, self._bounded(receive), send_on)
        except AppError as error:
            await problem.answer(error, reference)(scope, receive, send_on)
        except Exception as error:
            log.exception("request %s failed", reference)
            if not status:
                await problem.answer(problem.of_unexpected(error), reference)(scope, receive, send_on)
        finally:
            _REQUESTS.labels(name, status).inc()
            _SECONDS.labels(name).observe(perf_counter() - started)

    def _find(self, scope: Scope) -> tuple[Policy, str]:
        found = self._table.find(scope["method"], scope["path"])
        if found is None:
            allow = self._table.list_methods(scope["path"])
            raise MethodNotAllowed(allow=[*allow]) if allow else NotFound()
        return found

    async def _admit(self, scope: Scope, policy: Policy) -> Principal:
        """The principal of a request that may go on; raises why it may not."""
        headers = dict(scope["headers"])
        if scope["method"] != "GET":
            self._check_write(headers)
        token = _cookie(headers.get(b"cookie", b""))
        if policy.permission == PUBLIC:
            address = scope["client"][0] if scope.get("client") else "-"
            _wait((self._buckets if scope["method"] == "GET" else self._public).take(address))
            return NOBODY
        if not token:
            raise Unauthenticated()
        _wait(self._buckets.take(token))
        ctx = self._house.service_ctx("gateway")  # asking who somebody is comes before their rights
        signed_on = await self._sign_on.resolve_session(ctx, token=token)
        if signed_on.principal is None:
            raise SessionEnded(reason=signed_on.ended)
        if policy.permission not in (SIGNED_IN, *signed_on.principal.permissions):
            raise Forbidden()
        return signed_on.principal

    def _check_write(self, headers: dict[bytes, bytes]) -> None:
        """A write must come from our own app (a foreign page cannot set this header) and be JSON of bounded size."""
        if b"x-haoyou" not in headers:
            raise Forbidden("Writes carry the header X-Haoyou.")
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self._house.settings.body_bytes_max:
            raise TooLarge(bytes_max=self._house.settings.body_bytes_max)
        kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if int(length) and kind != b"application/json":
            raise UnsupportedMedia()

    def _bounded(self, receive: Receive) -> Receive:
        """A body without a stated length is cut off at the limit as well."""
        left = self._house.settings.body_bytes_max

        async def receive_bounded() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise TooLarge(bytes_max=self._house.settings.body_bytes_max)
            return message

        return receive_bounded


def _wait(seconds: float) -> None:
    if seconds:
        raise RateLimited(retry_after_s=max(1, round(seconds)))


def _cookie(header: bytes) -> str:
    try:
        morsel = SimpleCookie(header.decode("latin-1")).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


async def _send_text(send: Send, status: int, body: bytes, kind: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
