"""Every page in every look: nothing sticks out, nothing is too small to hit, nothing is unreadable."""

import pytest

from tests.screens.matrix import ROUTES, WIDTHS_PX, Gallery, Look, Route, wanted_looks

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

# Each planted fault and the check that must see it.
PLANTED = {
    "sideways": "document.querySelector('main').insertAdjacentHTML('beforeend', '<div style=\"width:3000px\">x</div>');"
    "document.body.style.overflow = 'visible'; document.documentElement.style.overflow = 'visible'",
    "small": "document.querySelector('main').insertAdjacentHTML('beforeend', '<button style=\"width:9px\">')",
    "odd": "document.querySelector('main').insertAdjacentHTML('beforeend', '<p>tasks.notThere</p><p>NaN</p>')",
}


@pytest.mark.parametrize("look", wanted_looks(), ids=lambda look: look.name)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
async def test_a_page_holds(gallery: Gallery, route: Route, look: Look) -> None:
    visit = await gallery.visit(route, look)
    assert visit.faults == {}


def test_axe_looks_at_every_page(axe: str | None) -> None:
    if axe is None:
        pytest.skip("axe-core is not among the development packages of web/ (HAOYOU_AXE names another copy)")
    assert "axe.run" in axe or "axe=" in axe


async def test_the_checks_see_what_was_planted(gallery: Gallery) -> None:
    page = await gallery.page("relationship_manager", Look(WIDTHS_PX[0], "light", "zh"))
    route = next(route for route in ROUTES if route.name == "me")
    for fault, plant in PLANTED.items():
        await page.goto(gallery.address_of(route))
        await page.locator(route.loaded).first.wait_for()
        check = {"sideways": "wide"}.get(fault, fault)
        assert await page.evaluate(f"haoyouChecks.{check}()") == []
        await page.evaluate(plant)
        assert await page.evaluate(f"haoyouChecks.{check}()") != []
    await page.close()
