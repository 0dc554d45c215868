"""Make docs/img/*.png from the running product: python -m scripts.screenshots, in the clone, with web/dist built.

An invented bank lives for some weeks; its relationship managers see to most of what each week brings, through the
API, so that the pages show what they show in a bank: work of today, and results of earlier work.
"""

import asyncio
import io
import math
import uuid
from collections import Counter
from collections.abc import Sequence

from PIL import Image
from playwright.async_api import Browser, Page

from bench.house import ROOT
from tests.journeys.product import Product, browsing, items_of, open_context, running, sign_in

OUT = ROOT / "docs" / "img"
CUSTOMERS = 400
ROUNDS, DAYS_A_ROUND = 8, 5  # results are booked 30 days after the money came in
MANAGERS_MAX = 6  # who work; the others' opportunities show what happens without a contact
LEFT_ALONE = 3  # every third opportunity is not contacted: the board compares the two
OUTCOMES = ("agreed", "reached", "refused", "reached")
SIZE_MAX_KB = 300
MARKETING = "/api/marketing/v1"

BACKGROUND = (226, 236, 236)
GAP_PX = 40
OVERVIEW_HEIGHT_PX = 900


def work_off(product: Product, codes: Sequence[str], *, until: str) -> int:
    """Each of these people contacts most of what was raised before a day; answers how many contacts were made."""
    made = 0
    for code in codes:
        with product.client(code, product.password_of(code)) as client:
            waiting = items_of(client, f"{MARKETING}/opportunities", status="open")
            for one in waiting:
                number = uuid.UUID(one["id"]).int
                if one["raised_on"] >= until or number % LEFT_ALONE == 0:
                    continue
                report = {"channel": "visit", "outcome": OUTCOMES[number % len(OUTCOMES)], "note": "到店面谈"}
                headers = {"Idempotency-Key": str(uuid.uuid4())}
                answer = client.post(f"{MARKETING}/opportunities/{one['id']}/contacts", json=report, headers=headers)
                made += answer.status_code == 200  # somebody contacted on the same day is left in peace
    return made


def busy_managers(product: Product) -> list[str]:
    """Whoever has the most open opportunities."""
    with product.client(*product.sign_in_of("head_office")) as client:
        codes = {one["id"]: one["code"] for one in items_of(client, "/api/identity/v1/staff")}
        opportunities = items_of(client, f"{MARKETING}/opportunities", status="open")
        managers = [client.get(f"{MARKETING}/opportunities/{one['id']}").json()["manager"] for one in opportunities]
    counts = Counter(codes[manager["id"]] for manager in managers if manager)
    return [code for code, _ in counts.most_common(MANAGERS_MAX)]


def live_some_weeks(product: Product) -> None:
    codes = busy_managers(product)
    for number in range(ROUNDS):
        with product.client(*product.sign_in_of("head_office")) as client:
            today = client.get("/api/identity/v1/me").json()["business_date"]
        made = work_off(product, codes, until=today)
        print(f"round {number + 1} of {ROUNDS}: {made} contacts on {today}", flush=True)
        product.live(DAYS_A_ROUND)


async def shoot(browser: Browser, product: Product, role: str, path: str, look: tuple[int, str, str]) -> Image.Image:
    """A picture of one page, at twice the points for a sharp print."""
    width_px, language, theme = look
    context = await open_context(browser, width_px, reduced_motion="reduce", device_scale_factor=2)
    page = await context.new_page()
    await sign_in(page, product, *product.sign_in_of(role))
    words = f'{{"language":"{language}","theme":"{theme}","moneyColours":"red-up"}}'
    await page.evaluate("words => localStorage.setItem('haoyou.preferences', words)", words)
    await page.goto(product.address + path)
    await quiet(page)
    picture = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    await context.close()
    return picture


async def quiet(page: Page) -> None:
    """Until the page has its content."""
    await page.locator("main h1:visible").first.wait_for()
    await page.wait_for_function("() => !document.querySelector('.skeleton')")
    await page.wait_for_timeout(1_000)


def newest_opportunity(product: Product, role: str) -> str:
    with product.client(*product.sign_in_of(role)) as client:
        opportunities = items_of(client, f"{MARKETING}/opportunities", status="open")
    return str(max(opportunities, key=lambda one: (one["raised_on"], one["id"]))["id"])


def few_colours(picture: Image.Image) -> Image.Image:
    """In 256 colours, chosen so that the rare ones (a red figure, an amber mark) are not lost among the greys."""
    found = picture.getcolors(picture.width * picture.height) or []
    pixels = [colour for count, colour in found for _ in range(math.isqrt(math.isqrt(count)))]
    sample = Image.new("RGB", (len(pixels), 1))
    sample.putdata(pixels)
    return picture.quantize(palette=sample.quantize(256), dither=Image.Dither.NONE)


def save(picture: Image.Image, name: str) -> None:
    """As a PNG of few colours, made smaller until it is light enough for a README."""
    path = OUT / name
    scale = 1.0
    while True:
        size = (round(picture.width * scale), round(picture.height * scale))
        few_colours(picture.resize(size, Image.Resampling.LANCZOS)).save(path, optimize=True)
        if path.stat().st_size <= SIZE_MAX_KB * 1024:
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB, {size[0]} x {size[1]}", flush=True)
            return
        scale *= 0.85


def side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    """Phone, tablet and desktop on one sheet, equally high."""
    height = OVERVIEW_HEIGHT_PX
    sized = [one.resize((round(one.width * height / one.height), height), Image.Resampling.LANCZOS) for one in pictures]
    width = sum(one.width for one in sized) + GAP_PX * (len(sized) + 1)
    sheet = Image.new("RGB", (width, height + 2 * GAP_PX), BACKGROUND)
    left = GAP_PX
    for one in sized:
        sheet.paste(one, (left, GAP_PX))
        left += one.width + GAP_PX
    return sheet


async def make(product: Product) -> None:
    opportunity = f"/opportunities/{newest_opportunity(product, 'relationship_manager')}"
    async with browsing() as browser:
        today = await shoot(browser, product, "relationship_manager", "/today", (390, "zh", "light"))
        card = await shoot(browser, product, "relationship_manager", opportunity, (390, "zh", "light"))
        tablet = await shoot(browser, product, "relationship_manager", opportunity, (1024, "zh", "light"))
        results = await shoot(browser, product, "head_office", "/results", (1440, "en", "dark"))
    save(today, "today-390-zh-light.png")
    save(card, "opportunity-390-zh-light.png")
    save(results, "results-1440-en-dark.png")
    save(side_by_side([today, tablet, results]), "overview.png")


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with running("demo", customers=CUSTOMERS) as product:
        live_some_weeks(product)
        asyncio.run(make(product))


if __name__ == "__main__":
    main()
