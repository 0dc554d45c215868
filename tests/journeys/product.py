"""The real product, started as a program, and a real browser before it."""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from bench.house import ROOT, Server, own_home

COOKIE = "__Host-haoyou"
BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER_WORDS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
)
WAIT_MS = 30_000  # a machine that is busy with other tests
COMMAND_S = 600
TOUCH_BELOW_PX = 1_200  # from here on the product draws the desktop
PHONE_PX, TABLET_PX, DESKTOP_PX = 390, 820, 1440
HEIGHTS_PX = {390: 844, 768: 1024, 820: 1180, 1024: 768, 1440: 900}
DAYTIME = {
    "HAOYOU_CONTACT_CAP_PER_DAY": "1",
    "HAOYOU_CONTACT_CAP_PER_30_DAYS": "4",
    "HAOYOU_CONTACT_FROM_HOUR": "0",  # the tests run at night as well
    "HAOYOU_CONTACT_UNTIL_HOUR": "24",
    "HAOYOU_RATE_PER_SECOND": "1000",
    "HAOYOU_SESSION_ONE_PER_DEVICE": "false",  # one person looks at several widths at once
}

Answer = dict[str, Any]


class NoBrowser(Exception):
    """Says what is missing before a screen can be shown."""


def find_browser() -> str:
    """The chromium of this machine. Raises NoBrowser, also when the web app has not been built."""
    if not (Path(os.environ.get("HAOYOU_WEB_DIST", ROOT / "web" / "dist")) / "index.html").is_file():
        raise NoBrowser("web/dist is not built (npm run build in web/)")
    found = os.environ.get("HAOYOU_CHROMIUM") or next(filter(None, map(shutil.which, BROWSER_NAMES)), None)
    if not found:
        raise NoBrowser(f"none of {', '.join(BROWSER_NAMES)} is on PATH")
    return found


@asynccontextmanager
async def browsing() -> AsyncGenerator[Browser]:
    executable = find_browser()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=list(BROWSER_WORDS))
        yield browser
        await browser.close()


@dataclass(slots=True)
class Product:
    """A house that serves, and the commands an operator gives beside it."""

    server: Server
    passwords: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def address(self) -> str:
        return self.server.address

    def command(self, *words: str) -> str:
        """Run `haoyou …` on this home and answer what it printed."""
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
        command = [sys.executable, "-m", "haoyou", *words, "--home", str(self.server.home)]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=COMMAND_S
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def live(self, days: int) -> None:
        """Let the demonstration bank live for some days."""
        self.command("bank", "advance", "--days", str(days))

    def password_of(self, code: str) -> str:
        """A password for this person, new the first time it is asked for."""
        if code not in self.passwords:
            known = [one["password"] for one in self.server.sign_ins().values() if one["login"] == code]
            self.passwords[code] = known[0] if known else self.command("staff-password", code).strip()
        return self.passwords[code]

    def sign_in_of(self, role: str) -> tuple[str, str]:
        one = self.server.sign_ins()[role]
        return one["login"], one["password"]

    def restart(self, settings: Mapping[str, str]) -> None:
        """The same house and address again, with other settings."""
        self.server.stop()
        again = Server(self.server.home, settings={**DAYTIME, **settings})
        self.server = again
        again.start()

    @contextmanager
    def client(self, login: str, password: str) -> Generator[httpx.Client]:
        """A signed-in caller without a browser."""
        with httpx.Client(base_url=self.address, timeout=WAIT_MS / 1000, headers={"X-Haoyou": "1"}) as client:
            answer = client.post("/api/identity/v1/sign-in", json={"login": login, "password": password})
            assert answer.status_code == 200, answer.text
            # The cookie is for secure lines only; a browser counts loopback among them, httpx does not.
            client.headers["Cookie"] = answer.headers["set-cookie"].partition(";")[0]
            yield client


@contextmanager
def running(bank: str, *, customers: int = 2_000, settings: Mapping[str, str] | None = None) -> Generator[Product]:
    """A product of its own, filled from this bank; gone afterwards."""
    with own_home() as home:
        server = Server(home, bank=bank, customers=customers, settings={**DAYTIME, **(settings or {})})
        product = Product(server)
        try:
            server.start()
            yield product
        finally:
            product.server.stop()


async def open_context(browser: Browser, width_px: int, **options: Any) -> BrowserContext:
    """A device of this width: a finger below the desktop, a mouse from there on."""
    touch = width_px < TOUCH_BELOW_PX
    context = await browser.new_context(
        viewport={"width": width_px, "height": HEIGHTS_PX[width_px]},
        has_touch=touch,
        is_mobile=touch,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        **options,
    )
    context.set_default_timeout(WAIT_MS)
    return context


async def sign_in(page: Page, product: Product, login: str, password: str, *, to: str = "/today") -> None:
    """Through the sign-in page, as a person does; ends on the page asked for."""
    await page.goto(product.address + to)
    await page.get_by_label("工号").fill(login)
    await page.get_by_label("密码", exact=True).fill(password)
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.wait_for_url(lambda url: urlsplit(url).path == urlsplit(to).path)


async def ask(page: Page, path: str) -> Answer:
    """What the API answers to the person who sits before this page."""
    answer: Answer = await page.evaluate("path => fetch(path).then(answer => answer.json())", path)
    return answer


def items_of(client: httpx.Client, path: str, **query: str) -> list[Answer]:
    """Every item of a list, page after page."""
    items: list[Answer] = []
    after: str | None = None
    while True:
        answer = client.get(path, params={"limit": "100", **query, **({"after": after} if after else {})})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        items += body["items"]
        after = body["next"]
        if not after:
            return items
