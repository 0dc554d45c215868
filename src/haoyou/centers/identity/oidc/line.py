"""The line to the bank's single sign-on: HTTP with a limit on everything, since what answers is not ours."""

import asyncio
import ssl
from functools import cache
from pathlib import Path

import httpx

from haoyou.centers.identity import contract
from haoyou.centers.identity.oidc.configuration import is_safe_address
from haoyou.kernel.ctx import Ctx

TOTAL_S = 8.0  # a person waits before the page
ANSWER_BYTES_MAX = 256 * 1024
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}  # nothing that swells when unpacked


class Line(contract.IdentityProvider):
    room = "identity"

    @staticmethod
    async def read(ctx: Ctx, *, address: str) -> str:
        answer = await _send(ctx, "GET", address, headers=_HEADERS)
        if answer.status != 200:
            raise contract.ProviderUnavailable(f"status {answer.status} from {address}")
        return answer.body

    @staticmethod
    async def redeem(ctx: Ctx, *, address: str, form: dict[str, str], authorization: str | None) -> contract.Redeemed:
        headers = _HEADERS | ({"Authorization": authorization} if authorization else {})
        return await _send(ctx, "POST", address, headers=headers, form=form)


@cache
def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


async def _send(
    ctx: Ctx, method: str, address: str, *, headers: dict[str, str], form: dict[str, str] | None = None
) -> contract.Redeemed:
    """One try: no redirects, no proxies of the environment, an end in time and in bytes."""
    if not is_safe_address(address):
        raise contract.ProviderUnavailable(f"{address} is not an https address")
    trusted = _trusted(ctx.house.settings.oidc_ca_file)
    body = bytearray()
    try:
        async with (
            asyncio.timeout(TOTAL_S),
            httpx.AsyncClient(verify=trusted, trust_env=False, follow_redirects=False, timeout=TOTAL_S) as client,
            client.stream(method, address, headers=headers, data=form) as answer,
        ):
            async for piece in answer.aiter_raw():
                body += piece
                if len(body) > ANSWER_BYTES_MAX:
                    raise contract.ProviderUnavailable(f"more than {ANSWER_BYTES_MAX} bytes from {address}")
        return contract.Redeemed(answer.status_code, body.decode("utf-8"))
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, UnicodeDecodeError) as error:
        # a timeout is an OSError
        raise contract.ProviderUnavailable(f"{type(error).__name__} at {address}") from error
