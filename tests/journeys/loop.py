"""From an opportunity the bank's day brought to its booked result, on three kinds of screen."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import urljoin

from playwright.async_api import Browser, Locator, Page, expect

from tests.journeys.product import (
    DESKTOP_PX,
    PHONE_PX,
    TABLET_PX,
    Answer,
    Product,
    ask,
    items_of,
    open_context,
    sign_in,
)

MARKETING = "/api/marketing/v1"
WIDTHS_PX = (PHONE_PX, TABLET_PX, DESKTOP_PX)
WANTED = 5  # three widths, a broken line, and the wire between rooms
DAYS_A_STEP, DAYS_MAX = 6, 36  # the first opportunity would run out after thirty days
JUDGED_AFTER_DAYS = 35
RULE = "large_inflow"
STATUS_WORDS = {"open": "待跟进", "contacted": "已触达", "closed": "已结束"}
RESULT_WORDS = {"held": "资金留存", "product": "办理产品", "left": "未转化"}


@dataclass(frozen=True, slots=True)
class Case:
    """One opportunity and whose it is."""

    opportunity: Answer
    staff_code: str

    @property
    def id(self) -> str:
        return str(self.opportunity["id"])

    @property
    def customer(self) -> str:
        return name_of(self.opportunity["customer"])


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody writes down on one kind of screen."""

    call: bool
    channel: str
    outcome: str
    outcome_code: str
    note: str


REPORTS: Mapping[int, Report] = {
    PHONE_PX: Report(True, "电话", "已答应", "agreed", "愿意办三个月定期，周五到店"),
    TABLET_PX: Report(False, "走访", "已联系上", "reached", "在店里见到，款项月底要用"),
    DESKTOP_PX: Report(False, "面谈", "客户拒绝", "refused", "不需要理财，请勿再问"),
}


@dataclass(slots=True)
class Loop:
    browser: Browser
    product: Product
    cases: list[Case]
    worked: set[int] = field(default_factory=set[int])
    booked: bool = False

    @staticmethod
    def begin(browser: Browser, product: Product) -> "Loop":
        lived, cases = 0, list[Case]()
        while len(cases) < WANTED:
            assert lived < DAYS_MAX, f"after {lived} days only {len(cases)} opportunities are open"
            product.live(DAYS_A_STEP)
            lived += DAYS_A_STEP
            cases = _open_cases(product)
        return Loop(browser, product, cases)

    def case_of(self, width_px: int) -> Case:
        return self.cases[WIDTHS_PX.index(width_px)]

    @property
    def spare(self) -> list[Case]:
        """Opportunities the three widths leave alone."""
        return self.cases[len(WIDTHS_PX) :]

    @asynccontextmanager
    async def page_of(self, case: Case, width_px: int, *, to: str = "/today") -> AsyncGenerator[Page]:
        """The manager of this case, signed in at a new device."""
        context = await open_context(self.browser, width_px)
        try:
            page = await context.new_page()
            await sign_in(page, self.product, case.staff_code, self.product.password_of(case.staff_code), to=to)
            yield page
        finally:
            await context.close()

    async def work(self, width_px: int) -> None:
        """Once for each width: from today's line to the saved contact."""
        if width_px not in self.worked:
            async with self.page_of(self.case_of(width_px), width_px) as page:
                await work(page, self.case_of(width_px), width_px)
            self.worked.add(width_px)

    async def book(self) -> None:
        """Every width worked, then the weeks until the bank's facts say what came of it."""
        for width_px in WIDTHS_PX:
            await self.work(width_px)
        if not self.booked:
            await asyncio.to_thread(self.product.live, JUDGED_AFTER_DAYS)
            self.booked = True


def _open_cases(product: Product) -> list[Case]:
    with product.client(*product.sign_in_of("head_office")) as client:
        # Of the rule that is judged within the weeks this lives; of customers on whose line nothing else stands.
        opportunities = items_of(client, f"{MARKETING}/opportunities", status="open")
        times = Counter(one["customer"]["id"] for one in opportunities)
        wanted = [one for one in opportunities if one["rule"]["code"] == RULE and times[one["customer"]["id"]] == 1]
        codes = {one["id"]: one["code"] for one in items_of(client, "/api/identity/v1/staff")}
        cards = [client.get(f"{MARKETING}/opportunities/{one['id']}").json() for one in wanted]
    return [Case(one, codes[one["manager"]["id"]]) for one in cards]


def name_of(customer: Answer) -> str:
    return str(customer["name"] or f"客户 {customer['number']}")


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def share_words(bps: int) -> str:
    """As the screen writes a share: one decimal, none when it is nought."""
    rounded = (Decimal(bps) / 100).quantize(Decimal("0.1"), ROUND_HALF_UP).normalize()
    return f"{rounded:f}%"


def day_words(iso: str) -> str:
    return date.fromisoformat(iso).strftime("%Y/%m/%d")


async def expect_counts(page: Page) -> Answer:
    """The four figures of the day are the API's; answers the API's day."""
    today = await ask(page, "/api/tasks/v1/today")
    counts = today["counts"]
    figures = page.locator("main .counts .figure")
    await expect(figures).to_have_text([str(counts[name]) for name in ("open", "overdue", "due_today", "done_today")])
    return today


def line_of(page: Page, case: Case) -> Locator:
    """By the link's name: in the text of the line the name runs into the date that follows it."""
    name = re.compile(f"^{re.escape(case.customer)}, ")
    return (
        page.get_by_role("list", name="今日待办").get_by_role("article").filter(has=page.get_by_role("link", name=name))
    )


async def work(page: Page, case: Case, width_px: int) -> None:
    """Today's line, the card, the contact written down; then the line is gone and counted as done."""
    before = await expect_counts(page)
    task = next(one for one in before["items"] if one["origin"]["id"] == case.id)
    line = line_of(page, case)
    await expect(line).to_contain_text(task["why"]["zh"])
    await open_card(page, line, case, width_px)
    await expect_card(page, case)
    await write_report(page, case, REPORTS[width_px])
    await page.goto(urljoin(page.url, "/today"))
    await page.get_by_role("heading", name="今日待办").wait_for()
    await expect(line_of(page, case)).to_have_count(0)
    after = await expect_counts(page)
    assert after["counts"]["done_today"] == before["counts"]["done_today"] + 1
    assert after["counts"]["open"] == before["counts"]["open"] - 1


async def open_card(page: Page, line: Locator, case: Case, width_px: int) -> None:
    """On a phone and a tablet the card is a page of its own, on the desktop it stands beside the list."""
    await line.get_by_role("link").first.click()
    if width_px < DESKTOP_PX:
        await page.wait_for_url(f"**/opportunities/{case.id}*")
    await expect(page.get_by_role("heading", level=1, name=case.customer, exact=True)).to_be_visible()


async def expect_card(page: Page, case: Case) -> None:
    hero = page.get_by_role("region", name="为什么是今天")
    await expect(hero).to_contain_text(case.opportunity["why"]["zh"])
    await expect(hero).to_contain_text(STATUS_WORDS["open"])
    amount = hero.locator(".figure").get_by_role("button")
    assert digits(await amount.get_attribute("title") or "") == str(case.opportunity["value"]["minor"])
    for evidence in case.opportunity["evidence"]:
        await expect(page.get_by_role("region", name="依据")).to_contain_text(evidence["label"]["zh"])


async def write_report(page: Page, case: Case, report: Report) -> None:
    """Write it down, lose the page, find it again, send it."""
    sheet = page.get_by_role("dialog")
    reservation: Answer = {}
    if report.call:
        async with page.expect_response(f"**/opportunities/{case.id}/reservations") as reserved:
            await page.get_by_role("main").get_by_role("button", name="致电").click()
        reservation = await (await reserved.value).json()
        await expect_call_panel(sheet, reservation)
    else:
        await page.get_by_role("main").get_by_role("button", name="记录接触").click()
    await expect(sheet.get_by_role("radio").first).to_be_enabled()
    await sheet.get_by_text(report.channel, exact=True).click()
    await expect_next_day_asked(sheet)
    await sheet.get_by_text(report.outcome, exact=True).click()
    await sheet.get_by_label("备注").fill(report.note)
    await expect(sheet.locator(".draft")).to_contain_text("已保存")
    await page.reload()
    if report.call:
        async with page.expect_response(f"**/opportunities/{case.id}/reservations") as reserved:
            await page.get_by_role("main").get_by_role("button", name="致电").click()
        assert await (await reserved.value).json() == reservation, "the call begun before goes on"
    else:
        await page.get_by_role("main").get_by_role("button", name="继续填写").click()
    await expect(sheet.get_by_label("备注")).to_have_value(report.note)
    await expect(sheet.get_by_role("radio", name=report.outcome)).to_be_checked()
    await expect(sheet.get_by_role("radio", name=report.channel)).to_be_checked()
    async with page.expect_response(f"**/opportunities/{case.id}/contacts") as recorded:
        await sheet.get_by_role("button", name="提交记录").click()
    assert (await recorded.value).ok
    await expect(page.get_by_text("已记录", exact=True)).to_be_visible()
    saved = await ask(page, f"{MARKETING}/opportunities/{case.id}")
    assert [(one["outcome"], one["note"]) for one in saved["contacts"]] == [(report.outcome_code, report.note)]
    assert saved["status"] == "contacted"


async def expect_call_panel(sheet: Locator, reservation: Answer) -> None:
    """The number for this call where the bank knows one, and plain words where it does not."""
    panel = sheet.locator(".call")
    await expect(panel).to_contain_text("前有效")
    links = [await link.get_attribute("href") for link in await panel.get_by_role("link").all()]
    assert links == ([f"tel:{reservation['phone']}"] if reservation.get("phone") else [])
    await expect(panel).not_to_contain_text(re.compile("null|undefined"))


async def expect_next_day_asked(sheet: Locator) -> None:
    """Whoever shows interest is asked again: without the day the form is not sent."""
    await sheet.get_by_text("有意向", exact=True).click()
    await sheet.get_by_role("button", name="提交记录").click()
    await expect(sheet.get_by_role("alert")).to_have_text("请选择下次联系的日期")


async def expect_result(page: Page, board: Answer, case: Case) -> None:
    """The booked result and the figures around it, as the API counts them."""
    totals = board["totals"]
    funnel = page.get_by_role("region", name="商机漏斗").locator(".figure-text b")
    names = ("raised", "dispatched", "contacted", "booked")
    await expect(funnel).to_have_text([f"{totals[name]:,}" for name in names])
    booked = next(one for one in board["opportunities"] if one["id"] == case.id)
    result = booked["result"]
    line = (
        page.get_by_role("region", name="明细")
        .get_by_role("listitem")
        .filter(has=page.locator(f'a[href*="{case.id}"]'))
    )
    words = line.locator(".booked")
    await expect(words).to_contain_text(RESULT_WORDS[result["kind"]])
    await expect(words).to_contain_text(f"留存 {share_words(result['held_share_bps'])}")
    await expect(words).to_contain_text(f"{day_words(result['booked_on'])} 计入")
    money = words.locator(".money")
    exact = await money.get_attribute("title") or await money.text_content() or ""
    assert digits(exact) == str(result["held_amount"]["minor"]).rjust(3, "0")
