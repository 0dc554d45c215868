"""What a demonstration bank remembers between two runs: one JSON file, replaced whole, and a lock beside it.

The state is written after the day's folder has its name. A run killed between the two makes the same day again from
the same seed, finds the folder and leaves it as it is.
"""

import fcntl
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path

from demobank.feed import BankError, write_whole

DAYS_A_WEEK = 7
FRIDAY = 4


@dataclass(slots=True)
class State:
    """`shift_days` moves the bank's own dates to the dates it writes.

    `fault` befalls the next `fault_days` days; `pending` are finished folders that are to appear later: the hidden name
    and the name they will have.
    """

    spec: str
    seed: int
    customers: int
    opening_day: str
    current_day: str
    shift_days: int
    format: str = "csv"
    fault: str = ""
    fault_days: int = 0
    pending: list[list[str]] = field(default_factory=list)

    @property
    def day(self) -> date:
        return date.fromisoformat(self.current_day)


def read_state(path: Path) -> State:
    """The state of an open bank; BankError where there is none or it is damaged."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        told.pop("books", None)  # written by earlier versions; Berka's was always empty
        return State(**told)
    except FileNotFoundError:
        raise BankError(f"no bank has been opened here: {path} does not exist") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise BankError(f"the state file {path} is damaged: {error}") from None


def save_state(path: Path, state: State) -> None:
    write_whole(path, json.dumps(asdict(state), ensure_ascii=False, separators=(",", ":")) + "\n")


@contextmanager
def locked(path: Path) -> Generator[None]:
    """One run at a time per state file; a second one is refused, not queued, since it would make further days."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BankError("another run of this bank is at work") from None
        yield


def contacts_inbox(state_path: Path) -> Path:
    """Where the bank learns whom somebody talked to: `contacts/<bank_date>.csv` in its own inbox."""
    return state_path.with_name(f"{state_path.stem}-inbox") / "contacts"


def latest_weekday(today: date, weekday: int) -> date:
    """The latest date up to and including `today` that falls on `weekday` (Monday is 0)."""
    return today - timedelta(days=(today.weekday() - weekday) % DAYS_A_WEEK)
