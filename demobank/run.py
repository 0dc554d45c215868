"""Opening a demonstration bank and letting its days pass; knows no bank but by its spec."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

from demobank.berka.bank import REAL_OPENING_DAY, BerkaBank
from demobank.feed import BankError, FeedWriter
from demobank.guangxi.bank import GuangxiBank
from demobank.state import State, locked, read_state, save_state

BERKA = "berka:"
CUSTOMERS_MIN = 50
CUSTOMERS_MAX = 200_000  # beyond this the generator, which keeps one small object per account, is the wrong tool
DAYS_MAX = 366

Say = Callable[[str], None]


class Bank(Protocol):
    """What a demonstration bank does."""

    currency: str
    last_day: date | None
    end_sentence: str

    def remember(self) -> dict[str, object]: ...
    def write_opening(self, writer: FeedWriter) -> list[str]: ...
    def write_day(self, writer: FeedWriter, day: date) -> None: ...


def open_bank(*, spec: str, out: Path, state_path: Path, customers: int, seed: int, today: date, say: Say) -> None:
    """Write the opening folder and remember the bank; BankError if one is open here already."""
    if not CUSTOMERS_MIN <= customers <= CUSTOMERS_MAX:
        raise BankError(f"the number of customers must lie between {CUSTOMERS_MIN} and {CUSTOMERS_MAX}")
    with locked(state_path):
        if state_path.exists():
            raise BankError(f"a bank is open already: {state_path} exists")
        opening = _opening_day(spec, today)
        is_berka = spec.startswith(BERKA)
        state = State(
            # A later run may stand in another folder.
            spec=f"{BERKA}{Path(spec.removeprefix(BERKA)).resolve()}" if is_berka else spec,
            seed=seed,
            customers=customers,
            opening_day=opening.isoformat(),
            current_day=opening.isoformat(),
            shift_days=(opening - REAL_OPENING_DAY).days if is_berka else 0,
        )
        bank = _bank(state)
        say(f"opening {spec} on {opening}")
        with FeedWriter(out=out, bank_date=opening, currency=bank.currency) as writer:
            remarks = bank.write_opening(writer)
            _finish(writer, say)
        for remark in remarks:
            say(remark)
        state.books = bank.remember()
        save_state(state_path, state)


def advance_bank(*, days: int, out: Path, state_path: Path, say: Say) -> int:
    """Write the next `days` folders, one a bank day, and answer how many; fewer where the bank's data end."""
    if not 1 <= days <= DAYS_MAX:
        raise BankError(f"the number of days must lie between 1 and {DAYS_MAX}")
    with locked(state_path):
        state = read_state(state_path)
        bank = _bank(state)
        for written in range(days):
            day = state.day + timedelta(days=1)
            if bank.last_day is not None and day > bank.last_day:
                say(bank.end_sentence)
                return written
            with FeedWriter(out=out, bank_date=day, currency=bank.currency) as writer:
                bank.write_day(writer, day)
                _finish(writer, say)
            state.current_day = day.isoformat()
            state.books = bank.remember()
            save_state(state_path, state)
    return days


def _finish(writer: FeedWriter, say: Say) -> None:
    counts, is_new = writer.finish()
    moved = ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "nothing moved"
    say(f"{writer.target.name}: {moved}" if is_new else f"{writer.target.name} was finished already: left as it is")


def _opening_day(spec: str, today: date) -> date:
    if spec.startswith(BERKA):
        return BerkaBank.opening_day(today)
    if spec == "demo":
        return GuangxiBank.opening_day(today)
    raise BankError(f"unknown bank {spec!r}: say berka:DIR or demo")


def _bank(state: State) -> Bank:
    opening = date.fromisoformat(state.opening_day)
    if state.spec.startswith(BERKA):
        return BerkaBank(Path(state.spec.removeprefix(BERKA)), seed=state.seed, opening_day=opening)
    return GuangxiBank(customers=state.customers, seed=state.seed, opening_day=opening, books=state.books)
