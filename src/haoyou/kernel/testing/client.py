"""A browser without a screen: asks the application in this process, signed in as somebody or nobody."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal
from uuid import UUID, uuid4

import httpx

SignOn = Callable[[str], Awaitable[dict[str, str]]]
"""Opens a session for a staff code; answers the cookies that carry it."""

FRESH: Final = "fresh"
HOST: Final = "bank.test"


class Client:
    """`client.as_staff(code)` gives another client with a session of that person, opened at its first request."""

    def __init__(self, transport: httpx.AsyncBaseTransport, sign_on: SignOn, staff: str | None = None) -> None:
        self._transport, self._sign_on, self._staff = transport, sign_on, staff
        self._made: list[Client] = []
        self.http = httpx.AsyncClient(transport=transport, base_url=f"https://{HOST}", headers={"X-Haoyou": "1"})

    def as_staff(self, code: str | None) -> "Client":
        """The same application, seen by this person; nobody when there is no code."""
        one = Client(self._transport, self._sign_on, code)
        self._made.append(one)
        return one

    async def send(
        self,
        method: str,
        path: str,
        *,
        key: UUID | str | Literal["fresh"] | None = FRESH,
        version: int | None = None,
        headers: dict[str, str] | None = None,
        **rest: Any,
    ) -> httpx.Response:
        """`key`: the Idempotency-Key of a write, a fresh one unless given, none when None. `version`: If-Match."""
        if self._staff is not None:
            staff, self._staff = self._staff, None
            for name, value in (await self._sign_on(staff)).items():
                self.http.cookies.set(name, value, domain=HOST)
        sent = dict(headers or {})
        if method != "GET" and key is not None:
            sent["Idempotency-Key"] = str(uuid4() if key == FRESH else key)
        if version is not None:
            sent["If-Match"] = f'"{version}"'
        return await self.http.request(method, path, headers=sent, **rest)

    async def get(self, path: str, **rest: Any) -> httpx.Response:
        return await self.send("GET", path, **rest)

    async def post(self, path: str, **rest: Any) -> httpx.Response:
        return await self.send("POST", path, **rest)

    async def put(self, path: str, **rest: Any) -> httpx.Response:
        return await self.send("PUT", path, **rest)

    async def delete(self, path: str, **rest: Any) -> httpx.Response:
        return await self.send("DELETE", path, **rest)

    async def aclose(self) -> None:
        for one in self._made:
            await one.aclose()
        await self.http.aclose()
