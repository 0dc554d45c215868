"""One product and one browser for all journeys."""

import os
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bench.house import ROOT
from tests.journeys.loop import Loop
from tests.journeys.product import WAIT_MS, NoBrowser, Product, browsing, find_browser, running
from tests.lake.lookalike import write_lookalike

expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="session")
def berka(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real PKDD'99 files where they are, else ours in the same format."""
    real = Path(os.environ.get("HAOYOU_REAL_DATA", ROOT.parent / "shared" / "data")) / "berka"
    if (real / "trans.asc.gz").is_file():
        return real
    return write_lookalike(tmp_path_factory.mktemp("bank") / "berka")


@pytest.fixture(scope="session")
async def browser() -> AsyncGenerator[Browser]:
    try:
        find_browser()
    except NoBrowser as missing:
        pytest.skip(str(missing))
    async with browsing() as browser:
        yield browser


@pytest.fixture(scope="session")
def product(browser: Browser, berka: Path) -> Generator[Product]:
    with running(f"berka:{berka}") as product:
        yield product


@pytest.fixture(scope="session")
def loop(browser: Browser, product: Product) -> Loop:
    """The house with enough open opportunities for every journey, none of them touched yet."""
    return Loop.begin(browser, product)
