"""A report written on the phone after a visit, read by whom its level lets, and not found by anybody else."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.loop import name_of
from tests.journeys.product import DESKTOP_PX, PHONE_PX, Product, ask, items_of, open_context, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CUSTOMERS = "/api/customers/v1/customers"
SAID = f"客户打算下月把店面转让，暂不续贷。{uuid4()}"


@asynccontextmanager
async def sitting(browser: Browser, product: Product, role: str, width_px: int, to: str) -> AsyncGenerator[Page]:
    context = await open_context(browser, width_px)
    page = await context.new_page()
    await sign_in(page, product, *product.sign_in_of(role), to=to)
    yield page
    await context.close()


async def test_a_visit_is_written_down_on_the_phone(browser: Browser, product: Product) -> None:
    with product.client(*product.sign_in_of("relationship_manager")) as client:
        customer = items_of(client, CUSTOMERS, view="mine")[0]
    place = f"/customers/{customer['id']}"
    async with sitting(browser, product, "relationship_manager", PHONE_PX, place) as phone:
        await phone.get_by_role("link", name="写纪要").click()
        await phone.get_by_text("客户走访", exact=True).click()
        said = phone.get_by_label("谈话内容")
        await expect(said).to_have_value(re.compile("客户近况"))  # the words of the purpose
        await phone.get_by_role("button", name=f"{name_of(customer)}", exact=True).click()
        await said.fill(SAID)
        await expect(phone.locator(".draft")).to_contain_text("已保存")
        await phone.reload()  # a dead battery loses nothing
        await expect(phone.get_by_label("谈话内容")).to_have_value(SAID)
        await phone.get_by_role("button", name="添加一项").click()
        await phone.get_by_label("做什么").fill("核实转让合同")
        await phone.get_by_text("受限", exact=True).click()
        await phone.get_by_role("button", name="提交纪要").click()
        await expect(phone.get_by_text("请填写每一项的内容、负责人和日期")).to_be_visible()
        await phone.get_by_role("button", name="明天", exact=True).click()
        await phone.get_by_role("button", name="提交纪要").click()
        await phone.wait_for_url(re.compile(r"/reports/[0-9a-f-]{36}$"))
        report = phone.url.rsplit("/", 1)[-1]
        await expect(phone.get_by_role("region", name="会谈纪要").get_by_text(SAID)).to_be_visible()
        await phone.get_by_role("button", name="完成", exact=True).click()
        await expect(phone.get_by_role("region", name="后续事项")).to_contain_text("已完成")
        await expect(phone.get_by_role("button", name="更正")).to_have_count(0)
        await expect(phone.get_by_role("link", name="更正")).to_be_visible()
    async with sitting(browser, product, "branch_manager", DESKTOP_PX, f"/reports/{report}") as desk:
        await expect(desk.get_by_text(SAID)).to_be_visible()
        await expect(desk.get_by_role("link", name="更正")).to_have_count(0)
        await desk.goto(f"{product.address}{place}?tab=contacts")
        await expect(desk.get_by_role("list", name="拜访与会谈纪要")).to_contain_text(SAID[:16])
    async with sitting(browser, product, "lobby_manager", PHONE_PX, f"/reports/{report}") as lobby:
        await expect(lobby.get_by_role("alert")).to_contain_text("没有找到")
        assert (await ask(lobby, f"/api/customers/v1/reports/{report}"))["code"] == "not_found"
        assert SAID not in await lobby.content()
