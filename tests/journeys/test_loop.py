"""The loop a relationship manager walks: why today, contact, result. Each width has an opportunity of its own."""

import asyncio

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from tests.journeys.loop import MARKETING, WIDTHS_PX, Loop, expect_counts, expect_result
from tests.journeys.product import PHONE_PX, WAIT_MS, ask

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

# Some seconds after the first page the app has fetched the rest of itself; from then on it can do without a line.
REST_IS_HERE = "() => performance.getEntriesByType('resource').some(one => one.name.includes('QueueSheet'))"
NOTE = "信号不好，客户说下周三来办"


@pytest.mark.parametrize("width_px", WIDTHS_PX)
async def test_an_opportunity_is_worked_and_leaves_today(loop: Loop, width_px: int) -> None:
    await loop.work(width_px)


async def lose_the_first_answer(page: Page) -> list[int]:
    """The first contact reaches the house, but its answer is lost and the line is gone; answers what the house said."""
    arrived: list[int] = []
    cookies = "; ".join(f"{one.get('name')}={one.get('value')}" for one in await page.context.cookies())

    async def pass_on(route: Route) -> None:
        headers = {name: value for name, value in route.request.headers.items() if name != "content-length"}
        async with httpx.AsyncClient(timeout=WAIT_MS / 1000, headers={**headers, "cookie": cookies}) as client:
            answer = await client.post(route.request.url, content=route.request.post_data_buffer)
        arrived.append(answer.status_code)
        await page.context.set_offline(True)
        await route.abort("connectionreset")

    await page.route("**/contacts", pass_on, times=1)
    return arrived


async def test_a_broken_line_loses_nothing_and_doubles_nothing(loop: Loop) -> None:
    case = loop.spare[0]
    async with loop.page_of(case, PHONE_PX, to=f"/opportunities/{case.id}") as page:
        arrived = await lose_the_first_answer(page)
        await page.get_by_role("main").get_by_role("button", name="记录接触").click()
        sheet = page.get_by_role("dialog")
        await sheet.get_by_text("面谈", exact=True).click()
        await sheet.get_by_text("已答应", exact=True).click()
        await sheet.get_by_label("备注").fill(NOTE)
        await expect(sheet.locator(".draft")).to_contain_text("已保存")
        await page.wait_for_function(REST_IS_HERE)
        await sheet.get_by_role("button", name="提交记录").click()
        await expect(page.get_by_text("已保存在本机，联网后自动提交", exact=True)).to_be_visible()
        assert arrived == [200]
        banner = page.locator(".line-banner")
        await expect(banner).to_contain_text("1 项待提交")
        await expect(page.get_by_role("region", name="为什么是今天")).to_be_visible()  # what was read stays to be read
        await banner.get_by_role("button", name="查看").click()
        await expect(sheet).to_contain_text(NOTE)
        await sheet.get_by_role("button", name="关闭").click()

        await page.context.set_offline(False)
        await expect(banner).not_to_contain_text("待提交")
        saved = await ask(page, f"{MARKETING}/opportunities/{case.id}")
        assert [one["note"] for one in saved["contacts"]] == [NOTE]
        contacts = await ask(page, f"/api/customers/v1/customers/{saved['customer']['id']}/contacts")
        assert [one["note"] for one in contacts["items"]] == [NOTE]
        assert await page.evaluate("localStorage.getItem('haoyou.outbox')") == "[]"


async def test_the_house_is_stopped_and_started_under_an_open_screen(loop: Loop) -> None:
    case = loop.spare[1]
    async with loop.page_of(case, PHONE_PX) as page:
        await page.get_by_role("heading", name="今日待办").wait_for()
        assert await asyncio.to_thread(loop.product.server.stop), "an open screen does not hold the house back"
        await expect(page.locator(".line-banner")).to_contain_text("网络已断开")
        await asyncio.to_thread(loop.product.server.start)
        await expect(page.locator(".line-banner")).not_to_contain_text("网络已断开", timeout=2 * WAIT_MS)
        await page.get_by_role("link", name="客户", exact=True).click()
        await page.get_by_role("list", name="客户").get_by_role("article").first.wait_for()


async def test_the_loop_with_every_question_between_rooms_over_the_wire(loop: Loop) -> None:
    """Shorter: the same house with its rooms apart, from today's line to the saved contact."""
    case = loop.spare[1]
    await asyncio.to_thread(loop.product.restart, {"HAOYOU_WIRE": "1"})
    async with loop.page_of(case, PHONE_PX) as page:
        before = await expect_counts(page)
        await page.get_by_role("link", name=case.customer).first.click()
        await page.get_by_role("main").get_by_role("button", name="记录接触").click()
        sheet = page.get_by_role("dialog")
        await sheet.get_by_text("走访", exact=True).click()
        await sheet.get_by_text("已联系上", exact=True).click()
        await sheet.get_by_role("button", name="提交记录").click()
        await expect(page.get_by_text("已记录", exact=True)).to_be_visible()
        saved = await ask(page, f"{MARKETING}/opportunities/{case.id}")
        assert (saved["status"], len(saved["contacts"])) == ("contacted", 1)
        await page.get_by_role("link", name="工作台").click()
        await expect(page.get_by_role("link", name=case.customer)).to_have_count(0)
        after = await expect_counts(page)
        assert after["counts"]["done_today"] == before["counts"]["done_today"] + 1
    await asyncio.to_thread(loop.product.restart, {})


@pytest.mark.parametrize("width_px", WIDTHS_PX)
async def test_the_result_is_booked_from_the_banks_facts(loop: Loop, width_px: int) -> None:
    await loop.book()
    case = loop.case_of(width_px)
    async with loop.page_of(case, width_px) as page:
        async with page.expect_response(f"**{MARKETING}/results?*") as asked:
            await page.goto(f"{loop.product.address}/results")
        await expect_result(page, await (await asked.value).json(), case)
        await page.get_by_role("region", name="明细").locator(f'a[href*="{case.id}"]').click()
        await expect(page.get_by_role("region", name="成果")).to_be_visible()
        await expect(page.get_by_role("main").get_by_role("button", name="记录接触")).to_have_count(0)
