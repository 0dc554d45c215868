"""Every page at every width, in both themes and languages, and what must hold there."""

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import httpx
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page

from bench.house import ROOT
from tests.journeys.product import TOUCH_BELOW_PX, Product, items_of, open_context

Theme = Literal["light", "dark"]
Language = Literal["zh", "en"]

WIDTHS_PX = (390, 768, 1024, 1440)
WATERMARK_BACK_WITHIN_MS = 1_000
QUIET_MS = 300  # a part that is fetched after the page shows up within this time
CHECKS = (Path(__file__).parent / "page_checks.js").read_text(encoding="utf-8")
NOBODY = ""
NEW_REPORT = "00000000-0000-4000-8000-000000000001"
MANAGER, BRANCH_MANAGER, ADMINISTRATOR = "relationship_manager", "branch_manager", "administrator"


@dataclass(frozen=True, slots=True)
class Route:
    """`loaded` is there once the page shows its content; `{…}` in the path is filled from the house."""

    name: str
    path: str
    role: str
    loaded: str


ROUTES = (
    Route("sign-in", "/sign-in", NOBODY, "input[name=password]"),
    Route("today", "/today", MANAGER, "main article"),
    Route("customers", "/customers", MANAGER, "main a[href^='/customers/']"),
    Route("customer", "/customers/{customer}", MANAGER, ".customer .card"),
    Route("customer-relations", "/customers/{customer}?tab=relations", MANAGER, ".customer [role=tabpanel] .card"),
    Route("customer-documents", "/customers/{customer}?tab=documents", MANAGER, ".customer [role=tabpanel] li"),
    Route("customer-reports", "/customers/{customer}?tab=contacts", MANAGER, ".customer .reports"),
    Route("reports", "/reports", MANAGER, "main article, main .panel"),
    Route("report-new", f"/customers/{{customer}}/reports/{NEW_REPORT}/edit", MANAGER, "textarea:enabled"),
    Route("report", "/reports/{report}", MANAGER, ".report .said"),
    Route("opportunities", "/opportunities", MANAGER, "main a[href^='/opportunities/']"),
    Route("opportunity", "/opportunities/{opportunity}", MANAGER, ".opportunity .hero"),
    Route("contact", "/opportunities/{opportunity}?act=record", MANAGER, "[role=dialog] textarea:enabled"),
    Route("tasks", "/tasks", MANAGER, "main a[href^='/tasks/']"),
    Route("results", "/results", MANAGER, ".conclusion"),
    Route("me", "/me", MANAGER, ".session"),
    Route("staff", "/staff", ADMINISTRATOR, "main .mark"),
    Route("pool", "/pool", MANAGER, "main article, main .panel, main tbody tr"),
    Route("moves", "/moves", BRANCH_MANAGER, "main article, main .panel"),
    Route("move-new", "/moves/new", BRANCH_MANAGER, "main .option"),
    Route("duplicates", "/duplicates", BRANCH_MANAGER, "main article, main .panel"),
    Route("merges", "/duplicates?tab=merged", BRANCH_MANAGER, "main article, main .panel"),
    Route("places", "/places", ADMINISTRATOR, "main .place"),
    Route("audit", "/audit", ADMINISTRATOR, "main table tbody tr, main li.item"),
    Route("imports", "/imports", ADMINISTRATOR, "main a[href^='/imports/']"),
    Route("sources", "/sources", ADMINISTRATOR, "main .chip"),
    Route("no-right", "/staff", MANAGER, "[role=alert]"),
    Route("no-page", "/nowhere", MANAGER, "main h1, main [role=alert], main .panel"),
)


@dataclass(frozen=True, slots=True)
class Look:
    width_px: int
    theme: Theme
    language: Language

    @property
    def name(self) -> str:
        return f"{self.width_px}-{self.language}-{self.theme}"

    @property
    def touch(self) -> bool:
        return self.width_px < TOUCH_BELOW_PX


def few_looks() -> list[Look]:
    """What ./test shows: every width once, and the other language and theme at both ends."""
    return [Look(width, "light", "zh") for width in WIDTHS_PX] + [Look(width, "dark", "en") for width in (390, 1440)]


def all_looks() -> list[Look]:
    themes: tuple[Theme, ...] = ("light", "dark")
    languages: tuple[Language, ...] = ("zh", "en")
    return [Look(*one) for one in itertools.product(WIDTHS_PX, themes, languages)]


def wanted_looks() -> list[Look]:
    """All of them with HAOYOU_SCREENS=full."""
    return all_looks() if os.environ.get("HAOYOU_SCREENS") == "full" else few_looks()


def find_axe() -> str | None:
    """The text of axe-core, from the web app's development packages or from HAOYOU_AXE."""
    named = os.environ.get("HAOYOU_AXE")
    path = Path(named) if named else ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
    return path.read_text(encoding="utf-8") if path.is_file() else None


@dataclass(slots=True)
class Visit:
    """One page as it was found: everything that should not be so, by the name of the check."""

    route: Route
    look: Look
    faults: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    @property
    def picture_name(self) -> str:
        return f"{self.route.name}-{self.look.name}.png"


class Gallery:
    """The pages of one house: signs each role in once, then shows any page in any look."""

    def __init__(self, browser: Browser, product: Product, *, axe: str | None, pictures: Path | None):
        self._browser, self._product, self._axe, self._pictures = browser, product, axe, pictures
        self._places = _places_of(product)
        self._contexts: dict[tuple[str, Look], BrowserContext] = {}
        self._states: dict[str, Any] = {}

    async def close(self) -> None:
        for context in self._contexts.values():
            await context.close()

    async def page(self, role: str, look: Look) -> Page:
        """A fresh page of a device with this look, with this role signed in."""
        if (role, look) not in self._contexts:
            self._contexts[role, look] = await self._open(role, look)
        return await self._contexts[role, look].new_page()

    async def _open(self, role: str, look: Look) -> BrowserContext:
        if role and role not in self._states:
            self._states[role] = await self._signed_in(role)
        options = {"storage_state": self._states[role]} if role else {}
        context = await open_context(self._browser, look.width_px, reduced_motion="reduce", **options)
        words = f'{{"language":"{look.language}","theme":"{look.theme}","moneyColours":"red-up"}}'
        await context.add_init_script(f"localStorage.setItem('haoyou.preferences', '{words}')")
        await context.add_init_script(CHECKS)
        return context

    async def _signed_in(self, role: str) -> Any:
        context = await open_context(self._browser, WIDTHS_PX[-1])
        login, password = self._product.sign_in_of(role)
        answer = await context.request.post(
            f"{self._product.address}/api/identity/v1/sign-in",
            data={"login": login, "password": password},
            headers={"X-Haoyou": "1"},
        )
        assert answer.ok, await answer.text()
        state = await context.storage_state()
        await context.close()
        return state

    def address_of(self, route: Route) -> str:
        return self._product.address + route.path.format(**self._places)

    async def visit(self, route: Route, look: Look) -> Visit:
        """Open the page, look at it, and say what is wrong with it."""
        visit = Visit(route, look)
        page = await self.page(route.role, look)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if is_complaint(message, route) else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        await page.goto(self.address_of(route))
        await page.locator(route.loaded).first.wait_for()
        await settle(page)
        if self._pictures:
            await page.screenshot(path=self._pictures / visit.picture_name)
        visit.faults["sideways"] = await page.evaluate("haoyouChecks.wide()")
        visit.faults["words"] = await page.evaluate("haoyouChecks.odd()")
        if look.touch:
            visit.faults["small targets"] = await page.evaluate("haoyouChecks.small()")
        if self._axe:
            visit.faults["axe"] = await run_axe(page, self._axe)
        if route.role:
            visit.faults["watermark"] = await watermark_faults(page, self._product.sign_in_of(route.role)[0])
        visit.faults["console"] = said
        await page.close()
        visit.faults = {name: found for name, found in visit.faults.items() if found}
        return visit


def _places_of(product: Product) -> dict[str, str]:
    """Something to open: the manager's first open opportunity and its customer."""
    with product.client(*product.sign_in_of(MANAGER)) as client:
        opportunities = items_of(client, "/api/marketing/v1/opportunities", status="open")
        assert opportunities, "the manager of the demonstration has an open opportunity"
        named = next((one for one in opportunities if one["customer"]["name"]), opportunities[0])
        report = _file_report(client, named["customer"]["id"])
    return {"opportunity": named["id"], "customer": named["customer"]["id"], "report": report}


def _file_report(client: httpx.Client, customer: str) -> str:
    """A report with everything that a page of one shows."""
    room, report = "/api/customers/v1", str(uuid4())
    me = client.get("/api/identity/v1/me").json()
    form = client.get(f"{room}/customers/{customer}/report-form").json()
    draft = client.put(
        f"{room}/customers/{customer}/report-drafts/{report}", json={}, headers={"If-Match": "0"}
    )  # fmt: skip
    assert draft.status_code == 200, draft.text
    said = {
        "channel": "visit", "met_on": me["business_date"], "met_time": "09:30", "place": "客户店面", "purpose": "visit",
        "said": "客户近况：\n店面扩大，准备再开一家。\n\n需求与关注点：\n想了解经营贷款。", "level": "restricted",
        "staff_ids": [me["staff"]["id"]], "guests": [{"name": "李会计", "function": "财务"}],
        "holding_ids": [one["id"] for one in form["accounts"][:1]],
        "steps": [{"what": "准备经营贷款方案", "staff_id": me["staff"]["id"], "due_on": me["business_date"]}],
    }  # fmt: skip
    for path, body in (
        (f"report-drafts/{report}/file", said),
        (f"reports/{report}/amendments", {**said, "steps": [], "version": 1, "why": "补充地点"}),
    ):
        done = client.post(f"{room}/{path}", json=body, headers={"Idempotency-Key": str(uuid4())})
        assert done.status_code == 201, done.text
    return report


def is_complaint(message: ConsoleMessage, route: Route) -> bool:
    """A browser notes every refusal. Two are answers and no fault: nobody is signed in yet, no draft is begun yet."""
    if message.type != "error":
        return False
    answers = {"sign-in": "status of 401", "report-new": "status of 404"}
    return not (route.name in answers and answers[route.name] in message.text)


async def settle(page: Page) -> None:
    """Until nothing has been loading for a while and the letters are there."""
    still = """quiet => new Promise(done => {
        let since = performance.now()
        const look = () => {
            const busy = document.fonts.status !== 'loaded' || document.querySelector('.skeleton, .q-btn--loading')
            if (busy) since = performance.now()
            if (performance.now() - since > quiet) done()
            else setTimeout(look, 20)
        }
        look()
    })"""
    await page.evaluate(still, QUIET_MS)


async def run_axe(page: Page, axe: str) -> list[str]:
    await page.evaluate(axe)
    found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {node['target'][0]} {node['failureSummary'].splitlines()[-1].strip()}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


async def watermark_faults(page: Page, login: str) -> list[str]:
    """The mark names whoever looks, lets every tap through, and comes back when somebody takes it away."""
    mark = page.locator("#haoyou-watermark")
    faults: list[str] = []
    if login not in await mark.locator("text").first.inner_html():
        faults.append("does not name the person")
    if await mark.evaluate("node => getComputedStyle(node).pointerEvents") != "none":
        faults.append("takes taps")
    back = """limit => new Promise(done => {
        document.getElementById('haoyou-watermark').remove()
        const began = performance.now()
        const look = () => {
            if (document.getElementById('haoyou-watermark')) done(true)
            else if (performance.now() - began > limit) done(false)
            else setTimeout(look, 20)
        }
        look()
    })"""
    if not await page.evaluate(back, WATERMARK_BACK_WITHIN_MS):
        faults.append(f"not back within {WATERMARK_BACK_WITHIN_MS} ms")
    return faults


async def visit_all(gallery: Gallery, looks: Sequence[Look]) -> list[Visit]:
    """Every route in these looks."""
    return [await gallery.visit(route, look) for look in looks for route in ROUTES]
