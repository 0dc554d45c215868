"""Two numbers are found to be one customer, and then, after all, are not: compare, merge, undo."""

from collections.abc import AsyncGenerator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.loop import name_of
from tests.journeys.product import DESKTOP_PX, Product, ask, items_of, open_context, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CUSTOMERS = "/api/customers/v1/customers"


@pytest.fixture
async def desk(browser: Browser, product: Product) -> AsyncGenerator[Page]:
    """A branch manager at a desktop."""
    context = await open_context(browser, DESKTOP_PX)
    page = await context.new_page()
    await sign_in(page, product, *product.sign_in_of("branch_manager"))
    yield page
    await context.close()


async def test_two_are_merged_and_parted_again(desk: Page, product: Product) -> None:
    with product.client(*product.sign_in_of("branch_manager")) as client:
        people = [one for one in items_of(client, CUSTOMERS, view="all") if one["kind"] == "person"]
    survivor, loser = people[0], people[1]  # the wealthier one is proposed to stay
    await desk.goto(f"{product.address}/duplicates/{loser['id']}/{survivor['id']}")
    beside = desk.get_by_role("region", name="资料对照")
    for one in (survivor, loser):
        await expect(beside.get_by_role("columnheader", name=one["number"])).to_be_visible()
    await desk.get_by_role("button", name="合并为一个客户").click()
    await expect(desk.get_by_role("alert")).to_contain_text("至少 4 个字")
    await desk.get_by_role("textbox", name="理由").fill("证件核对为同一人")
    knowing = desk.get_by_role("checkbox", name="我已核实")
    if await knowing.count():  # these two have numbers of different identity documents: said knowingly
        await knowing.check()
    await desk.get_by_role("button", name="合并为一个客户").click()
    await desk.wait_for_url(f"**/customers/{survivor['id']}")
    numbers = desk.get_by_role("region", name="客户号与合并")
    await expect(numbers).to_contain_text(f"合并自 {name_of(loser)}（{loser['number']}）")
    both = await ask(desk, f"{CUSTOMERS}/{loser['id']}")
    assert both["card"]["id"] == survivor["id"]
    assert both["card"]["aum"]["minor"] == survivor["aum"]["minor"] + loser["aum"]["minor"]
    await numbers.get_by_role("button", name="撤销合并").click()
    sheet = desk.get_by_role("dialog")
    await sheet.get_by_role("textbox", name="理由").fill("核对为两位客户")
    await sheet.get_by_role("button", name="撤销合并").click()
    await expect(numbers).to_contain_text("只有一个客户号")
    apart = await ask(desk, f"{CUSTOMERS}/{loser['id']}")
    assert (apart["card"]["id"], apart["card"]["aum"]) == (loser["id"], loser["aum"])
    await desk.goto(f"{product.address}/duplicates?tab=merged")
    line = desk.get_by_role("listitem").filter(has=desk.get_by_text(f"{name_of(loser)} 并入 {name_of(survivor)}"))
    await expect(line.first).to_contain_text("核对为两位客户")
