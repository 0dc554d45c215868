"""One person before one screen: a session over HTTP, patient where the house asks for patience.

A request that got no answer is sent again as it was; writes carry the key that makes that harmless.
"""

import json
import logging
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

log = logging.getLogger(__name__)

COOKIE = "__Host-haoyou"
TIMEOUT_S = 30.0
TRIES_MAX = 8  # a house that starts again is back well before the last of them
FIRST_PAUSE_S = 0.25
PAUSE_MAX_S = 10.0
TOO_OFTEN, UNAVAILABLE = 429, 503
IN_FLIGHT = "idempotency.in_flight"

Json = dict[str, Any]


class Refused(Exception):
    """The house said no: `code` names why, `body` has the rest of the problem document."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"{status} {body.get('code', '')}")
        self.status, self.body, self.code = status, body, str(body.get("code", ""))


class Unreachable(Exception):
    """No answer after every try: the house is down."""


@dataclass(slots=True)
class Desk:
    """Signs in when first asked for something, and again when the session has ended."""

    address: str
    login: str
    password: str = field(repr=False)
    _cookie: str = field(default="", repr=False)
    _line: HTTPConnection | None = None
    _shut: Refused | None = None

    def get(self, path: str, **query: str) -> Json:
        return self._ask("GET", f"{path}?{urlencode(query)}" if query else path, None, None)

    def post(self, path: str, body: Json, *, key: UUID | None = None) -> Json:
        return self._ask("POST", path, body, key)

    def put(self, path: str, body: Json) -> Json:
        return self._ask("PUT", path, body, None)

    def close(self) -> None:
        if self._line:
            self._line.close()
            self._line = None

    def _ask(self, method: str, path: str, body: Json | None, key: UUID | None) -> Json:
        if not self._cookie:
            self._sign_in()
        try:
            return self._send(method, path, body, key)[0]
        except Refused as no:
            if no.status != 401:
                raise
        self._sign_in()  # a session ends by itself after a while
        return self._send(method, path, body, key)[0]

    def _sign_in(self) -> None:
        """Raises Refused where the password is no longer this one: then somebody else works here.

        It is not tried again: a few wrong passwords lock the account of whoever that is.
        """
        if self._shut:
            raise self._shut
        self._cookie = ""
        body = {"login": self.login, "password": self.password}
        try:
            _, self._cookie = self._send("POST", "/api/identity/v1/sign-in", body, None)
        except Refused as no:
            self._shut = no
            raise

    def _send(self, method: str, path: str, body: Json | None, key: UUID | None) -> tuple[Json, str]:
        """The answer and the cookie that came with it."""
        headers = {"X-Haoyou": "1", "User-Agent": "demobank-staff/1"}
        headers |= {"Cookie": f"{COOKIE}={self._cookie}"} if self._cookie else {}
        headers |= {"Idempotency-Key": str(key)} if key else {}
        sent = None
        if body is not None:
            sent, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        pause_s = FIRST_PAUSE_S
        for _ in range(TRIES_MAX):
            try:
                answer, text = self._once(method, path, sent, headers)
            except (HTTPException, OSError) as broken:
                log.debug("%s %s: %r", method, path, broken)
                self.close()
                wait_s = pause_s
            else:
                told: Json = json.loads(text) if text else {}
                if answer.status < 400:
                    return told, _cookie_of(answer)
                if answer.status not in (TOO_OFTEN, UNAVAILABLE) and told.get("code") != IN_FLIGHT:
                    raise Refused(answer.status, told)
                wait_s = float(answer.getheader("Retry-After") or pause_s)
            time.sleep(min(wait_s, PAUSE_MAX_S))
            pause_s *= 2
        raise Unreachable(f"{self.address} gave no answer to {method} {path.partition('?')[0]}")

    def _once(self, method: str, path: str, sent: bytes | None, headers: dict[str, str]) -> tuple[HTTPResponse, bytes]:
        if self._line is None:
            parts = urlsplit(self.address)
            kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
            self._line = kind(parts.netloc, timeout=TIMEOUT_S)
        self._line.request(method, path, body=sent, headers=headers)
        answer = self._line.getresponse()
        return answer, answer.read()


def _cookie_of(answer: HTTPResponse) -> str:
    name, _, value = (answer.getheader("Set-Cookie") or "").partition(";")[0].partition("=")
    return value if name == COOKIE else ""
