"""One product, filled from the invented bank, and one browser for all screens."""

import os
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.journeys.product import NoBrowser, Product, browsing, find_browser, running
from tests.screens.matrix import Gallery, find_axe

CUSTOMERS = 300


@pytest.fixture(scope="session")
async def browser() -> AsyncGenerator[Browser]:
    try:
        find_browser()
    except NoBrowser as missing:
        pytest.skip(str(missing))
    async with browsing() as browser:
        yield browser


@pytest.fixture(scope="session")
def product(browser: Browser) -> Generator[Product]:
    with running("demo", customers=CUSTOMERS) as product:
        yield product


@pytest.fixture(scope="session")
def axe() -> str | None:
    return find_axe()


@pytest.fixture(scope="session")
async def gallery(browser: Browser, product: Product, axe: str | None) -> AsyncGenerator[Gallery]:
    named = os.environ.get("HAOYOU_SCREENSHOTS")
    pictures = Path(named) if named else None
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    gallery = Gallery(browser, product, axe=axe, pictures=pictures)
    yield gallery
    await gallery.close()
