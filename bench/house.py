"""A real house of its own for a measurement: the server as a process that can be killed, its database, its people."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg

from haoyou import bank as banks
from haoyou.app import build_house
from haoyou.centers.identity import service as identity
from haoyou.ground import DATABASE, Ground, open_ground
from haoyou.kernel.db import embedded, postmaster
from haoyou.kernel.house import House
from haoyou.kernel.settings import Settings

ROOT = Path(__file__).parents[1]
START_TIMEOUT_S = 1_800.0  # a first start fills the house with weeks of a bank's life
STOP_TIMEOUT_S = 30.0
POLL_S = 0.02
OPENING_DAY = "2026-11-20"  # the same bank lives the same days, whenever it is measured
ENVIRONMENT = {
    "HAOYOU_RATE_PER_SECOND": "100000",  # the limit of one session is a promise of its own
    "HAOYOU_CONTACT_CAP_PER_DAY": "1000000",
    "HAOYOU_CONTACT_CAP_PER_30_DAYS": "1000000",
    "HAOYOU_CONTROL_GROUP_PERCENT": "0",  # everybody who is found is somebody's work
    "HAOYOU_CONTACT_FROM_HOUR": "0",
    "HAOYOU_CONTACT_UNTIL_HOUR": "24",
}


class NoStart(Exception):
    """The server did not come up by itself."""


@contextmanager
def own_home() -> Generator[Path]:
    """A folder for one house; its database is stopped and its files are removed afterwards."""
    parent = Path(tempfile.mkdtemp(prefix="haoyou-bench-"))
    parent.chmod(0o711)  # as root the database runs as another user, who must be able to walk through
    home = parent / "home"
    try:
        yield home
    finally:
        found = postmaster.find_server(home / "pg")
        if found:
            postmaster.stop_server(found[0], "immediate")
        shutil.rmtree(parent, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """`python -m haoyou run` on one home: started, killed, and started again with the same words."""

    def __init__(
        self,
        home: Path,
        *,
        bank: str = "none",
        customers: int = 0,
        worked_days: int = 0,
        settings: Mapping[str, str] | None = None,
    ):
        self.home, self.port = home, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        words = ["run", "--home", str(home), "--port", str(self.port), "--bank", bank, "--customers", str(customers)]
        words += ["--worked-days", str(worked_days)]
        self._command = [sys.executable, "-m", "haoyou", *words]
        self._environment = {**os.environ, **ENVIRONMENT, **(settings or {})}
        self._environment["PYTHONPATH"] = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
        self._log = home.with_name("server.log")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process, "started"
        return self._process.pid

    def start(self) -> float:
        """Start and wait until it serves; answers the seconds that took. Raises NoStart."""
        began = time.monotonic()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() - began > START_TIMEOUT_S:
                raise NoStart(self._log.read_text(encoding="utf-8", errors="replace")[-2000:])
            time.sleep(POLL_S)
        return time.monotonic() - began

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.address}/healthz", timeout=5) as answer:  # noqa: S310 - our own loopback address
                return answer.status == 200
        except (URLError, OSError):
            return False

    def wait_until_said(self, words: str) -> float:
        """Wait until it has printed this; answers the seconds. Raises NoStart when it ends before."""
        assert self._process, "started"
        began = time.monotonic()
        while words not in self._log.read_text(encoding="utf-8", errors="replace"):
            if self._process.poll() is not None or time.monotonic() - began > START_TIMEOUT_S:
                raise NoStart(self._log.read_text(encoding="utf-8", errors="replace")[-2000:])
            time.sleep(POLL_S)
        return time.monotonic() - began

    def kill(self) -> None:
        """kill -9; the database stays and is joined by the next start."""
        assert self._process, "started"
        self._process.kill()
        self._process.wait(STOP_TIMEOUT_S)

    def stop(self) -> bool:
        """Ask it to stop; False when it had to be killed."""
        if self._process is None or self._process.poll() is not None:
            return True
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        return True

    def database_pid(self) -> int:
        found = postmaster.find_server(self.home / "pg")
        assert found, "the database runs"
        return found[0]

    def kill_database(self) -> None:
        """kill -9 of PostgreSQL's first process; the others see it and leave."""
        os.kill(self.database_pid(), signal.SIGKILL)

    def sign_ins(self) -> dict[str, dict[str, str]]:
        """Role → login and password, as the first start of a demonstration house wrote them."""
        listed = json.loads((self.home / "sign-ins.json").read_text(encoding="utf-8"))
        return {one["role"]: one for one in listed}


@contextmanager
def administrator(home: Path) -> Generator[psycopg.Connection]:
    """The house's database as seen by whoever may do everything; started when it does not run."""
    with (
        embedded.start(home) as running,
        psycopg.connect(running.cluster.url(dbname=DATABASE), autocommit=True) as connection,
    ):
        yield connection


def make_small_bank(home: Path, *, customers: int, days: int) -> None:
    """Fill a new home with an invented bank that has lived only some days: enough for work, made in seconds."""
    _demobank(home, "open", "demo", "--customers", str(customers), "--today", OPENING_DAY)
    if days:
        _demobank(home, "advance", "--days", str(days))
    banks.Bank(spec="demo", customers=customers).write(home)
    with open_ground(Settings(home=home, control_group_percent=0)) as ground:
        asyncio.run(_take_feeds(ground))


async def _take_feeds(ground: Ground) -> None:
    async with running_house(ground) as house:
        await banks.import_inbox(house, lambda _line: None)


@asynccontextmanager
async def running_house(ground: Ground) -> AsyncGenerator[House]:
    """The house in this process, with its roles and its loops, serving nobody."""
    house = build_house(ground.settings, ground.keyring, ground.app_url)
    permissions = {name: roles for room in house.rooms for name, roles in room.permissions.items()}
    try:
        await identity.seed_roles(house.service_ctx("identity"), permissions=permissions)
        async with house.running():
            yield house
    finally:
        await house.engine.dispose()


def _demobank(home: Path, *words: str) -> None:
    (home / "inbox").mkdir(parents=True, exist_ok=True)
    places = ["--out", str(home / "inbox"), "--state", str(home / "bank-state.json")]
    subprocess.run([sys.executable, "-m", "demobank", *words, *places], cwd=ROOT, check=True, capture_output=True)
