"""A house whose single sign-on is the demonstration's provider, on a real line."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from demobank.sign_on import Provider
from haoyou.gateway import app as gateway
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import HOST, Client
from haoyou.kernel.testing.clock import SetClock

HERE = f"https://{HOST}"
BEGIN, FINISH = "/api/identity/v1/sign-on/begin", "/api/identity/v1/sign-on/finish"
SECRET = "a secret/of the:client"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One browser's way through the single sign-on, step by step."""

    client: Client
    provider: Provider

    async def begin(self, return_to: str = "/today") -> dict[str, str]:
        """What the provider is asked."""
        answer = await self.client.post(BEGIN, json={"return_to": return_to}, key=None)
        assert answer.status_code == 200, answer.text
        return dict(parse_qsl(urlsplit(answer.json()["address"]).query))

    def admit(self, query: dict[str, str], login: str = "RM-O11") -> dict[str, str]:
        """What the provider's redirect brings back."""
        return dict(parse_qsl(urlsplit(self.provider.admit(query, login)).query))

    async def finish(self, returned: dict[str, Any]) -> httpx.Response:
        return await self.client.post(FINISH, json=returned, key=None)

    async def run(self, login: str = "RM-O11") -> httpx.Response:
        return await self.finish(self.admit(await self.begin(), login))


@pytest.fixture(autouse=True)
def many_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """More from one address than a person makes."""
    monkeypatch.setattr(gateway, "PUBLIC_PER_SECOND", 1_000_000.0)


@pytest.fixture
def provider(clock: SetClock) -> Generator[Provider]:
    one = Provider("haoyou", SECRET, f"{HERE}/sign-in/return", clock=lambda: clock().timestamp())
    one.start()
    yield one
    one.stop()


@pytest.fixture
def configure(house: House) -> Callable[..., None]:
    """Settings of this house from now on."""

    def change(**settings: object) -> None:
        house.settings = house.settings.model_copy(update=settings)

    return change


@pytest.fixture
def attempt(client: Client, provider: Provider, configure: Callable[..., None], bank: object) -> Attempt:
    configure(
        oidc_issuer=provider.issuer, oidc_client_id="haoyou", oidc_client_secret=SecretStr(SECRET), public_address=HERE
    )
    return Attempt(client, provider)
