"""Signing in through the bank's single sign-on, in a real browser, on a phone and at a desk."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from playwright.async_api import Browser, Page, expect

from demobank.sign_on import Provider
from tests.journeys.product import DESKTOP_PX, PHONE_PX, Product, open_context

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

BUTTON = "统一身份认证登录"


@pytest.fixture
async def provider(product: Product) -> AsyncGenerator[Provider]:
    """The house goes on with a single sign-on, and afterwards without one again."""
    one = Provider("haoyou", None, "")
    one.start()
    settings = {
        "HAOYOU_OIDC_ISSUER": one.issuer,
        "HAOYOU_OIDC_CLIENT_ID": "haoyou",
        "HAOYOU_PASSWORD_SIGN_IN": "false",
        "HAOYOU_BREAK_GLASS_LOGIN": product.sign_in_of("administrator")[0],
    }
    await asyncio.to_thread(product.restart, settings)
    one.return_address = f"{product.address}/sign-in/return"
    yield one
    await asyncio.to_thread(product.restart, {})
    one.stop()


async def answer_as(page: Page, login: str, answer: str = "确认身份") -> None:
    """At the provider's own page."""
    await page.get_by_role("button", name=BUTTON, exact=True).click()
    await page.get_by_label("员工号").fill(login)
    await page.get_by_role("button", name=answer, exact=True).click()


async def test_the_bank_s_own_sign_on(browser: Browser, product: Product, provider: Provider) -> None:
    login, _ = product.sign_in_of("relationship_manager")
    for width in (PHONE_PX, DESKTOP_PX):
        context = await open_context(browser, width)
        page = await context.new_page()
        await page.goto(f"{product.address}/customers?view=all")
        await expect(page.get_by_label("工号")).to_have_count(0)

        await answer_as(page, login, "取消")
        refused = page.get_by_role("alert")
        await expect(refused).to_contain_text("统一身份认证没有通过")
        await expect(refused).to_contain_text("参考号")
        await answer_as(page, "nobody-here")
        await expect(refused).to_contain_text("没有您的在岗记录")

        await page.goto(f"{product.address}/customers?view=all")
        await answer_as(page, login)
        await page.wait_for_url(f"{product.address}/customers?view=all")
        await page.get_by_role("heading", level=1, name="客户", exact=True).wait_for()
        await expect(page.locator("#haoyou-watermark")).to_have_count(1)
        kept = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
        assert "eyJ" not in kept
        assert "code" not in page.url

        await page.goto(f"{product.address}/me")
        await expect(page.get_by_role("heading", name="修改密码")).to_have_count(0)
        await page.get_by_role("button", name="退出登录").click()
        await page.get_by_role("button", name=BUTTON, exact=True).wait_for()
        await context.close()


async def test_the_day_the_single_sign_on_is_down(browser: Browser, product: Product, provider: Provider) -> None:
    provider.faults = {"/.well-known/openid-configuration": "down"}
    context = await open_context(browser, PHONE_PX)
    page = await context.new_page()
    await page.goto(product.address)
    await page.get_by_role("button", name=BUTTON, exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("统一身份认证暂时没有响应")
    await page.get_by_role("button", name="应急密码登录").click()
    login, password = product.sign_in_of("administrator")
    await page.get_by_label("工号").fill(login)
    await page.get_by_label("密码", exact=True).fill(password)
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)
    await context.close()
