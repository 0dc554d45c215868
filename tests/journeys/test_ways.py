"""Ways beside the loop: finding, revealing, settings, the keyboard, ended sessions, missing rights."""

import re
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.loop import name_of
from tests.journeys.product import DESKTOP_PX, PHONE_PX, Answer, Product, ask, items_of, open_context, sign_in
from tests.screens.matrix import find_axe, run_axe

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CUSTOMERS = "/api/customers/v1/customers"
REASON = "核对客户到店时出示的证件"
DARK_UNDER = 80  # of 255


@pytest.fixture
async def phone(browser: Browser, product: Product) -> AsyncGenerator[Page]:
    """A relationship manager with a phone."""
    context = await open_context(browser, PHONE_PX)
    page = await context.new_page()
    await sign_in(page, product, *product.sign_in_of("relationship_manager"))
    yield page
    await context.close()


@pytest.fixture
async def desk(browser: Browser) -> AsyncGenerator[Page]:
    """A desktop where nobody has signed in yet."""
    context = await open_context(browser, DESKTOP_PX)
    yield await context.new_page()
    await context.close()


@pytest.fixture
def customer(product: Product) -> Answer:
    with product.client(*product.sign_in_of("relationship_manager")) as client:
        return items_of(client, CUSTOMERS, view="mine")[0]


async def test_a_customer_is_found_by_number(phone: Page, customer: Answer) -> None:
    await phone.get_by_role("button", name="搜索客户").click()
    await phone.get_by_role("searchbox").fill(customer["number"])
    found = phone.get_by_role("dialog").get_by_role("listitem").filter(has=phone.get_by_text(customer["number"]))
    await found.first.get_by_role("link", name=re.compile(f"{name_of(customer)}(?!\\d)")).first.click()
    await phone.wait_for_url(f"**/customers/{customer['id']}")
    await expect(phone.get_by_role("heading", level=1, name=name_of(customer), exact=True)).to_be_visible()
    await expect(phone.get_by_role("dialog")).to_have_count(0)


async def test_a_masked_value_is_shown_for_a_reason_only(phone: Page, product: Product, customer: Answer) -> None:
    await phone.goto(f"{product.address}/customers/{customer['id']}")
    page = await ask(phone, f"{CUSTOMERS}/{customer['id']}")
    masked = page["profile"]["birth_date_masked"]
    profile = phone.get_by_role("region", name="基本信息")
    await expect(profile).to_contain_text(masked)
    await profile.get_by_role("button", name="查看出生日期").click()
    sheet = phone.get_by_role("dialog")
    await sheet.get_by_label("用途").fill("看")
    await sheet.get_by_role("button", name="显示", exact=True).click()
    await expect(sheet.get_by_role("alert")).to_contain_text("至少 4 个字")
    await sheet.get_by_label("用途").fill(REASON)
    async with phone.expect_response("**/reveal") as revealed:
        await sheet.get_by_role("button", name="显示", exact=True).click()
    value = (await (await revealed.value).json())["value"]
    shown = sheet.locator(".value")
    await expect(shown).to_have_text(value.replace("-", "/"))
    assert value != masked
    await expect(sheet.get_by_role("timer")).to_contain_text("秒后隐藏")
    await sheet.get_by_role("button", name="关闭").first.click()
    await expect(sheet).to_have_count(0)
    assert value.replace("-", "/") not in await phone.content()
    await expect(profile).to_contain_text(masked)


async def test_language_and_theme_are_one_tap_and_stay(phone: Page, product: Product) -> None:
    await phone.goto(f"{product.address}/me")
    await phone.get_by_text("English", exact=True).click()
    await expect(phone.locator("html")).to_have_attribute("lang", "en")
    await phone.get_by_text("Dark", exact=True).click()
    await phone.reload()
    await expect(phone.get_by_role("radio", name="English")).to_be_checked()
    await expect(phone.get_by_role("radio", name="Dark")).to_be_checked()
    background = await phone.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(part) for part in re.findall(r"\d+", background)[:3]) < DARK_UNDER
    await phone.get_by_text("中文", exact=True).click()
    await phone.get_by_text("浅色", exact=True).click()
    await expect(phone.locator("html")).to_have_attribute("lang", "zh-CN")
    background = await phone.evaluate("getComputedStyle(document.body).backgroundColor")
    assert min(int(part) for part in re.findall(r"\d+", background)[:3]) > 255 - DARK_UNDER


async def test_a_day_with_no_mouse(desk: Page, product: Product, customer: Answer) -> None:
    login, password = product.sign_in_of("relationship_manager")
    await desk.goto(product.address)
    await desk.get_by_label("工号").focus()
    await desk.keyboard.type(login)
    await desk.keyboard.press("Tab")
    await desk.keyboard.type(password)
    await desk.keyboard.press("Enter")
    await desk.wait_for_url("**/today")
    await desk.get_by_role("heading", name="今日待办").wait_for()

    await desk.keyboard.press("?")
    await expect(desk.get_by_role("dialog", name="快捷键")).to_be_visible()
    await desk.keyboard.press("Escape")
    await expect(desk.get_by_role("dialog")).to_have_count(0)

    await desk.keyboard.press("Control+k")
    palette = desk.get_by_role("dialog", name="搜索与跳转")
    await expect(palette.get_by_role("combobox")).to_be_focused()
    async with desk.expect_response(re.compile(r"/search\?q=")):
        await desk.keyboard.type(customer["number"])
    found = palette.get_by_role("option", name=re.compile(f"{name_of(customer)}(?!\\d)"))
    await expect(found.first).to_have_attribute("aria-selected", "true")
    await desk.keyboard.press("Enter")
    await desk.wait_for_url(re.compile(r"/customers/[0-9a-f-]{36}"))


async def test_the_palette_leads_everywhere_by_keys(desk: Page, product: Product, customer: Answer) -> None:
    await sign_in(desk, product, *product.sign_in_of("relationship_manager"), to=f"/customers/{customer['id']}")
    await desk.get_by_role("heading", level=1, name=name_of(customer), exact=True).wait_for()
    palette = desk.get_by_role("dialog", name="搜索与跳转")
    field, options = palette.get_by_role("combobox"), palette.get_by_role("option")

    async def choose(typed: str, shown: str) -> None:
        await desk.keyboard.press("Control+k")
        await expect(field).to_be_focused()
        await desk.keyboard.type(typed)
        await expect(options.first).to_contain_text(shown)
        await desk.keyboard.press("Enter")
        await expect(palette).to_have_count(0)

    await choose("gzt", "工作台")  # by the first letters of its pinyin
    await desk.wait_for_url("**/today")
    await choose("to-do", "待办")  # by its English name, in Chinese
    await desk.wait_for_url("**/tasks")
    await choose("深色", "切换深色")
    await expect(desk.locator("html")).to_have_attribute("data-theme", "dark")

    link = desk.get_by_role("navigation").get_by_role("link", name="客户", exact=True)
    await link.focus()
    await desk.keyboard.press("Control+k")
    await expect(options.first).to_contain_text(name_of(customer))  # seen a while ago, asked for again
    kept = await desk.evaluate("sessionStorage.getItem('haoyou.recent-customers')")
    assert customer["id"] in kept
    assert str(customer["name"]) not in kept
    for _ in range(3):
        await desk.keyboard.press("Tab")
        await expect(desk.locator("[role=dialog] :focus")).to_have_count(1)
    if axe := find_axe():
        assert await run_axe(desk, axe) == []
    await field.focus()
    await desk.keyboard.press("Escape")
    await expect(palette).to_have_count(0)
    await expect(link).to_be_focused()
    await choose("退出", "退出登录")
    await desk.wait_for_url(lambda url: urlsplit(url).path == "/sign-in")


async def test_j_and_k_walk_a_list_and_enter_opens(desk: Page, product: Product) -> None:
    await sign_in(desk, product, *product.sign_in_of("relationship_manager"), to="/customers")
    rows = desk.get_by_role("table").locator("tbody tr")
    await rows.nth(2).wait_for()
    for key in ("j", "j", "j", "k"):
        await desk.keyboard.press(key)
    await expect(rows.nth(1).get_by_role("link")).to_be_focused()
    name = await rows.nth(1).get_by_role("link").inner_text()
    await desk.keyboard.press("Enter")
    await expect(desk.get_by_role("heading", level=1, name=name, exact=True)).to_be_visible()


async def test_letters_typed_into_a_field_are_letters(desk: Page, product: Product) -> None:
    await sign_in(desk, product, *product.sign_in_of("relationship_manager"), to="/customers")
    await desk.get_by_role("table").locator("tbody tr").nth(2).wait_for()
    search = desk.get_by_role("main").get_by_role("searchbox")
    await search.click()
    await desk.keyboard.type("jk?")
    await expect(search).to_have_value("jk?")
    await expect(desk.get_by_role("dialog")).to_have_count(0)


async def test_an_ended_session_leads_back_to_the_same_page(phone: Page, product: Product, customer: Answer) -> None:
    await phone.goto(f"{product.address}/customers/{customer['id']}")
    await phone.get_by_role("heading", level=1, name=name_of(customer), exact=True).wait_for()
    sessions = await ask(phone, "/api/identity/v1/sessions")
    current = next(one["id"] for one in sessions["items"] if one["current"])
    with product.client(*product.sign_in_of("relationship_manager")) as elsewhere:
        assert elsewhere.delete(f"/api/identity/v1/sessions/{current}").status_code == 204
    await phone.reload()
    await expect(phone.get_by_label("工号")).to_be_visible()
    login, password = product.sign_in_of("relationship_manager")
    await phone.get_by_label("工号").fill(login)
    await phone.get_by_label("密码", exact=True).fill(password)
    await phone.get_by_role("button", name="登录", exact=True).click()
    await phone.wait_for_url(f"**/customers/{customer['id']}")
    await expect(phone.get_by_role("heading", level=1, name=name_of(customer), exact=True)).to_be_visible()


async def test_a_session_ended_elsewhere_ends_here_without_a_reload(phone: Page, product: Product) -> None:
    await phone.goto(f"{product.address}/tasks?show=later")
    await phone.get_by_role("heading", level=1, name="待办").wait_for()
    sessions = await ask(phone, "/api/identity/v1/sessions")
    current = next(one["id"] for one in sessions["items"] if one["current"])
    with product.client(*product.sign_in_of("relationship_manager")) as elsewhere:
        assert elsewhere.delete(f"/api/identity/v1/sessions/{current}").status_code == 204
    await phone.wait_for_url(lambda url: urlsplit(url).path == "/sign-in")
    await expect(phone.get_by_label("工号")).to_be_visible()
    await expect(phone.locator("#haoyou-watermark")).to_have_count(0)


async def test_staff_is_not_for_a_relationship_manager(phone: Page, product: Product) -> None:
    async with phone.expect_response("**/api/identity/v1/me"):
        await phone.goto(f"{product.address}/staff")
    await expect(phone.get_by_role("alert")).to_contain_text("您的岗位没有这项权限")
    await expect(phone.get_by_role("table")).to_have_count(0)
    refused = await phone.evaluate("fetch('/api/identity/v1/staff').then(answer => answer.status)")
    assert refused == 403
    await phone.get_by_role("link", name="回到首页").click()
    await phone.wait_for_url("**/today")
