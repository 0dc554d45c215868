"""Opening a demonstration bank and letting its days pass; knows no bank but by its spec."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

from demobank.berka.bank import REAL_OPENING_DAY, BerkaBank
from demobank.feed import BankError, FeedWriter
from demobank.guangxi.bank import GuangxiBank
from demobank.guangxi.export import CSV, PARQUET
from demobank.guangxi.shape import SMALL_CUSTOMERS_MAX
from demobank.state import State, locked, read_state, save_state

BERKA = "berka:"
DEMO = "demo"
CUSTOMERS_MIN = 50
CUSTOMERS_MAX = 5_000_000  # beyond this nobody has tried
DAYS_MAX = 366

LATE, DUPLICATE, RESTATED = "late-feed", "duplicate-feed", "restated-day"
FAULTS = (LATE, DUPLICATE, RESTATED)

Say = Callable[[str], None]


class Bank(Protocol):
    """What a demonstration bank does."""

    currency: str
    last_day: date | None
    end_sentence: str

    @property
    def sheets(self) -> Mapping[str, Sequence[str]]: ...
    def write_opening(self, writer: FeedWriter) -> list[str]: ...
    def write_day(self, writer: FeedWriter, day: date, *, is_mistaken: bool = False) -> None: ...
    def close(self) -> None: ...


def open_bank(
    *, spec: str, out: Path, state_path: Path, customers: int, seed: int, today: date, file_format: str | None, say: Say
) -> None:
    """Write the opening folder and remember the bank; BankError if one is open here already."""
    if not CUSTOMERS_MIN <= customers <= CUSTOMERS_MAX:
        raise BankError(f"the number of customers must lie between {CUSTOMERS_MIN} and {CUSTOMERS_MAX}")
    with locked(state_path):
        if state_path.exists():
            raise BankError(f"a bank is open already: {state_path} exists")
        opening = _opening_day(spec, today)
        is_berka = spec.startswith(BERKA)
        if is_berka and file_format == PARQUET:
            raise BankError("the PKDD'99 bank writes CSV only")
        state = State(
            # A later run may stand in another folder.
            spec=f"{BERKA}{Path(spec.removeprefix(BERKA)).resolve()}" if is_berka else spec,
            seed=seed,
            customers=customers,
            opening_day=opening.isoformat(),
            current_day=opening.isoformat(),
            shift_days=(opening - REAL_OPENING_DAY).days if is_berka else 0,
            format=file_format or (CSV if is_berka or customers < SMALL_CUSTOMERS_MAX else PARQUET),
        )
        with closing(_bank(state, state_path, say)) as bank:
            say(f"opening {spec} on {opening}")
            with _writer(bank, out, opening) as writer:
                remarks = bank.write_opening(writer)
                _finish(writer, say)
        for remark in remarks:
            say(remark)
        save_state(state_path, state)


def advance_bank(*, days: int, out: Path, state_path: Path, say: Say) -> int:
    """Let the next `days` days pass and answer how many; fewer where the bank's data end.

    Each writes its folder, unless a fault befalls it.
    """
    if not 1 <= days <= DAYS_MAX:
        raise BankError(f"the number of days must lie between 1 and {DAYS_MAX}")
    with locked(state_path):
        state = read_state(state_path)
        with closing(_bank(state, state_path, say)) as bank:
            for written in range(days):
                day = state.day + timedelta(days=1)
                if bank.last_day is not None and day > bank.last_day:
                    say(bank.end_sentence)
                    return written
                state.pending = _publish(state.pending, out, say)
                _write_day(bank, out, day, state, say)
                state.current_day = day.isoformat()
                save_state(state_path, state)
    return days


def order_fault(*, fault: str, days: int, state_path: Path, say: Say) -> None:
    """Let a fault befall the next `days` days; 0 takes an earlier order back."""
    if not 0 <= days <= DAYS_MAX:
        raise BankError(f"the number of days must lie between 0 and {DAYS_MAX}")
    with locked(state_path):
        state = read_state(state_path)
        if state.spec != DEMO:
            raise BankError("faults are for the invented bank; the real data are told as they are")
        state.fault, state.fault_days = (fault, days) if days else ("", 0)
        save_state(state_path, state)
    say(f"{fault} for the next {days} day(s)" if days else "no faults")


def check_bank(*, out: Path, state_path: Path, say: Say) -> bool:
    """Prove the invented bank's books and say each result; False if anything is wrong."""
    with locked(state_path), closing(_guangxi(read_state(state_path), state_path, say)) as bank:
        proofs = bank.prove(out)
    for proof in proofs:
        say(f"{proof.words}: {proof.compared} compared, {proof.wrong} wrong")
    return not any(proof.wrong for proof in proofs)


def tell_truth(*, state_path: Path, say: Say) -> dict[str, object]:
    """What is true of the invented bank's customers."""
    with locked(state_path), closing(_guangxi(read_state(state_path), state_path, say)) as bank:
        return bank.tell_truth()


def _write_day(bank: Bank, out: Path, day: date, state: State, say: Say) -> None:
    fault = state.fault if state.fault_days else ""
    later = out / f".{fault}-{day}"
    with _writer(bank, out, day) as writer:
        bank.write_day(writer, day, is_mistaken=fault == RESTATED)
        _finish(writer, say, later if fault in (LATE, DUPLICATE) else None)
    if fault == DUPLICATE:
        copy = out / f".copying-{day}"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(later, copy)
        if not (out / day.isoformat()).exists():
            copy.rename(out / day.isoformat())
        shutil.rmtree(copy, ignore_errors=True)
    if fault == RESTATED:
        with _writer(bank, out, day, version=2) as writer:
            bank.write_day(writer, day)
            _finish(writer, say, later)
    if fault:
        state.pending.append([later.name, day.isoformat()])
        state.fault_days -= 1
        say(f"{day}: {fault}")


def _publish(pending: list[list[str]], out: Path, say: Say) -> list[list[str]]:
    """Let finished folders appear whose day has come; one whose place is still taken waits on."""
    waiting: list[list[str]] = []
    for hidden, name in pending:
        if not (out / hidden).exists():  # a run that was killed had published it
            continue
        if (out / name).exists():
            waiting.append([hidden, name])
            continue
        (out / hidden).rename(out / name)
        say(f"{name}: {hidden.rsplit('-', 3)[0].lstrip('.')} delivered")
    return waiting


def _writer(bank: Bank, out: Path, day: date, version: int = 1) -> FeedWriter:
    return FeedWriter(out=out, bank_date=day, currency=bank.currency, sheets=bank.sheets, version=version)


def _finish(writer: FeedWriter, say: Say, target: Path | None = None) -> None:
    counts, is_new = writer.finish(target)
    moved = ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "nothing moved"
    say(f"{writer.target.name}: {moved}" if is_new else f"{writer.target.name} was finished already: left as it is")


def _opening_day(spec: str, today: date) -> date:
    if spec.startswith(BERKA):
        return BerkaBank.opening_day(today)
    if spec == DEMO:
        return GuangxiBank.opening_day(today)
    raise BankError(f"unknown bank {spec!r}: say berka:DIR or demo")


def _bank(state: State, state_path: Path, say: Say) -> Bank:
    if state.spec.startswith(BERKA):
        opening = date.fromisoformat(state.opening_day)
        return BerkaBank(Path(state.spec.removeprefix(BERKA)), seed=state.seed, opening_day=opening)
    return _guangxi(state, state_path, say)


def _guangxi(state: State, state_path: Path, say: Say) -> GuangxiBank:
    if state.spec != DEMO:
        raise BankError("only the invented bank keeps books of its own")
    return GuangxiBank(
        customers=state.customers,
        seed=state.seed,
        opening_day=date.fromisoformat(state.opening_day),
        state_path=state_path,
        file_format=state.format,
        say=say,
    )
