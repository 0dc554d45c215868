"""The bank that feeds this house: a demonstration bank is a separate program that writes feed folders; we import them.

Nothing here looks into that program: it is started like any other sender, and its folders come in by the one door.
"""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path

from haoyou.centers.backoffice import jobs
from haoyou.centers.identity import service as identity
from haoyou.kernel.house import House

DEMO = "demo"
DEMO_DAYS = 35  # a new demonstration house has lived a little: some results are already booked
DAYS_AT_A_TIME = 15  # the sender starts once for so many
SETTLE_S = 600  # a bank day carried through every room, on a machine that does other things besides
NO_MORE_DAYS = 3  # how the sender says that it has no further day

Say = Callable[[str], None]


class NoBank(Exception):
    """No demonstration bank feeds this house, or it refused."""


@dataclass(frozen=True, slots=True)
class Bank:
    """What this house remembers of its demonstration bank.

    `live_until`: the bank day (ISO) up to which its people are to work, and the house is not there yet; empty for none.
    """

    spec: str
    customers: int
    live_until: str = ""

    @staticmethod
    def read(home: Path) -> "Bank":
        path = home / "bank.json"
        if not path.exists():
            raise NoBank("No demonstration bank feeds this house; `haoyou import FOLDER` takes a real bank's feed.")
        return Bank(**json.loads(path.read_text()))

    def write(self, home: Path) -> None:
        (home / "bank.json").write_text(json.dumps(asdict(self)))


async def open_bank(house: House, bank: Bank, say: Say, *, worked_days: int = 0) -> None:
    """Fill an empty house: open the bank and import its history; the invented bank then lives for some weeks.

    The last `worked_days` of these are left for its people to work (life.py), who need a house that serves.
    """
    home = house.settings.home
    live_for = DEMO_DAYS if bank.spec == DEMO else 0
    opening = ["--today", (house.clock().date() - timedelta(days=live_for)).isoformat()] if live_for else []
    if not (home / "bank-state.json").exists():
        await asyncio.to_thread(_demobank, home, "open", bank.spec, "--customers", str(bank.customers), *opening)
    bank.write(home)
    await import_inbox(house, say)
    worked_days = min(worked_days, live_for)
    if worked_days:
        opened_on = (await identity.get_bank_day(house.service_ctx("identity"))).business_date
        replace(bank, live_until=(opened_on + timedelta(days=live_for)).isoformat()).write(home)
    if live_for > worked_days:
        await advance(house, live_for - worked_days, say)


async def advance(house: House, days: int, say: Say) -> int:
    """Let the bank live: days are written a few at a time, and each is settled before the next. Answers how many."""
    Bank.read(house.settings.home)
    await import_inbox(house, say)
    lived = 0
    for asked in range(0, days, DAYS_AT_A_TIME):
        some = str(min(DAYS_AT_A_TIME, days - asked))
        more = await asyncio.to_thread(_demobank, house.settings.home, "advance", "--days", some)
        lived += await import_inbox(house, say)  # fewer than asked where the bank sends late, more where it sends twice
        if not more:
            say("the bank's data end here")
            break
    return lived


def tell(home: Path, *words: str) -> str:
    """Pass a command on to the demonstration bank and answer what it said; NoBank where it refused or found a fault."""
    Bank.read(home)
    done = _run_demobank(home, *words)
    if done.returncode != 0:
        raise NoBank(done.stderr.strip())
    return done.stdout.strip() or done.stderr.strip()


async def import_inbox(house: House, say: Say) -> int:
    """Import every feed folder that waits, the oldest day first; a folder is taken away once its day is complete."""
    inbox = house.settings.home / "inbox"
    waiting = sorted(path for path in inbox.glob("????-??-??") if (path / "manifest.json").exists())
    for folder in waiting:
        imported = await jobs.import_feed(house, folder)
        await house.settle(timeout_s=SETTLE_S)
        shutil.rmtree(folder)
        say(f"bank day {imported.bank_date} imported")
    return len(waiting)


def _demobank(home: Path, *words: str) -> bool:
    """Run the sender; False when it has no further day."""
    done = _run_demobank(home, *words)
    if done.returncode not in (0, NO_MORE_DAYS):
        raise NoBank(done.stderr.strip())
    return done.returncode == 0


def _run_demobank(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (home / "inbox").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "demobank", *words]
    command += ["--out", str(home / "inbox"), "--state", str(home / "bank-state.json")]
    return subprocess.run(command, cwd=Path(__file__).parents[2], check=False, capture_output=True, text=True)
