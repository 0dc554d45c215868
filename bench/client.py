"""A signed-in person over HTTP: the cookie is carried by hand, because it is Secure and the loopback is not."""

from typing import Any

import aiohttp

from haoyou.gateway.app import COOKIE

TIMEOUT = aiohttp.ClientTimeout(total=20)


class SignInFailed(Exception):
    pass


async def sign_in(http: aiohttp.ClientSession, address: str, login: str, password: str) -> str:
    """A session of this person; answers the token that its cookie carries."""
    body = {"login": login, "password": password}
    async with http.post(f"{address}/api/identity/v1/sign-in", json=body, headers={"X-Haoyou": "1"}) as answer:
        if answer.status != 200:
            raise SignInFailed(f"{login}: {answer.status} {await answer.text()}")
        return answer.headers["Set-Cookie"].split(";")[0].partition("=")[2]


def headers(token: str, *, key: str | None = None) -> dict[str, str]:
    """Of a request of this person; `key` is the Idempotency-Key of a write."""
    carried = {"Cookie": f"{COOKIE}={token}", "X-Haoyou": "1"}
    return carried | ({"Idempotency-Key": key} if key else {})


async def get(http: aiohttp.ClientSession, address: str, token: str, path: str) -> Any:
    async with http.get(f"{address}/api/{path}", headers=headers(token)) as answer:
        answer.raise_for_status()
        return await answer.json()
