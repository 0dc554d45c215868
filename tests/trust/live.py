"""Asking for the stream of hints, which never ends by itself, and hanging up at once."""

import asyncio
from collections.abc import Mapping

from starlette.types import ASGIApp, Message


async def open_live(app: ASGIApp, cookies: Mapping[str, str]) -> int:
    """The status with which the stream begins."""
    statuses: list[int] = []
    begun = asyncio.Event()
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": "/api/live",
        "raw_path": b"/api/live",
        "query_string": b"",
        "headers": [(b"host", b"bank.test"), (b"cookie", cookie.encode())],
        "client": ("127.0.0.1", 50_000),
        "server": ("bank.test", 443),
    }

    async def receive() -> Message:
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])
            begun.set()

    await app(scope, receive, send)
    return statuses[0]
