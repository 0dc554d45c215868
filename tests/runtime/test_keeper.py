"""A database that was killed under a serving house comes back by itself, on its old port, a bounded number of times."""

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from haoyou.app import build_house
from haoyou.centers.identity.tests import factories
from haoyou.ground import open_ground
from haoyou.kernel.db import embedded, keeper, postmaster
from haoyou.kernel.house import House
from haoyou.kernel.settings import Settings
from tests.runtime.test_embedded import ask, write_down

BACK_WITHIN_S = 15.0  # measured: about half a second; a busy machine with recovery takes longer


@pytest.fixture
def home() -> Generator[Path]:
    """A home that the server's user can reach."""
    directory = Path(tempfile.mkdtemp(prefix="haoyou-home-"))
    yield directory
    for name in ("pg", "pg-fast"):
        found = postmaster.find_server(directory / name)
        if found is not None:
            postmaster.stop_server(found[0], "immediate")
    shutil.rmtree(directory)


def pid_of(home: Path, *, other_than: int, data: str = "pg-fast") -> int:
    """The process of the server that runs now and lets clients in."""
    deadline = time.monotonic() + BACK_WITHIN_S
    while time.monotonic() < deadline:
        found = postmaster.find_server(home / data)
        if found and found[0] != other_than and postmaster.is_ready(home / data):
            return found[0]
        time.sleep(0.02)
    raise AssertionError("the database did not come back")


def test_a_killed_server_comes_back_on_its_port_with_what_was_committed(home: Path) -> None:
    with embedded.start(home) as running, keeper.keep_alive(home, running):
        write_down(running.cluster, 5)
        os.kill(running.pid, signal.SIGKILL)
        again = pid_of(home, other_than=running.pid, data="pg")
        assert ask(running.cluster, "SELECT number FROM kept") == "5"  # the address is the old one
        os.kill(again, signal.SIGKILL)
        third = pid_of(home, other_than=again, data="pg")
        assert ask(running.cluster, "SELECT number FROM kept") == "5"
    assert not postmaster.is_alive(third)
    assert list((home / "run").glob("*owner*")) == []


def test_a_server_that_keeps_dying_is_left_dead(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "RESTARTS_MAX", 1)
    with embedded.start(home, fast=True) as running, keeper.keep_alive(home, running, fast=True):
        os.kill(running.pid, signal.SIGKILL)
        again = pid_of(home, other_than=running.pid)
        os.kill(again, signal.SIGKILL)
        time.sleep(4 * keeper.LOOK_EVERY_S)
        assert postmaster.find_server(home / "pg-fast") is None


def test_a_server_that_was_stopped_on_purpose_stays_stopped(home: Path) -> None:
    with embedded.start(home, fast=True) as running, keeper.keep_alive(home, running, fast=True):
        pass
    time.sleep(4 * keeper.LOOK_EVERY_S)
    assert postmaster.find_server(home / "pg-fast") is None


async def test_a_serving_house_goes_on_after_its_database_was_killed(home: Path) -> None:
    with open_ground(Settings.model_construct(home=home)) as ground:
        house = build_house(ground.settings, ground.keyring, ground.app_url)
        async with house.running():
            await factories.make_bank(house)
            found = postmaster.find_server(home / "pg")
            assert found
            os.kill(found[0], signal.SIGKILL)
            killed = time.monotonic()
            await _until_it_writes(house)
            assert time.monotonic() - killed <= BACK_WITHIN_S
            assert (await factories.codes(house)).staff["RM-O11"]
        await house.engine.dispose()


async def _until_it_writes(house: House) -> None:
    async with asyncio.timeout(BACK_WITHIN_S):
        while True:
            try:
                return await factories.seed_roles(house)
            except Exception:  # whatever a caller gets meanwhile is a refusal, and may be tried again
                await asyncio.sleep(0.05)
