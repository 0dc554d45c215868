"""python -m demobank open|advance|fault|check|truth …: the command.

Progress goes to standard error; only `truth` prints to standard output.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from demobank.feed import BankError
from demobank.guangxi.export import CSV, PARQUET
from demobank.run import FAULTS, advance_bank, check_bank, open_bank, order_fault, tell_truth

CUSTOMERS_DEFAULT = 2_000
EXIT_WRONG = 1
EXIT_REFUSED = 2
EXIT_NO_MORE_DAYS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """0 done, 1 the books are wrong, 2 refused with a sentence, 3 the bank has no further day."""
    parsed = _parser().parse_args(arguments)
    try:
        return _COMMANDS[parsed.command](parsed)
    except BankError as error:
        _say(f"error: {error}")
        return EXIT_REFUSED


def _open(parsed: argparse.Namespace) -> int:
    open_bank(
        spec=parsed.spec,
        out=parsed.out,
        state_path=parsed.state,
        customers=parsed.customers,
        seed=parsed.seed,
        today=parsed.today,
        file_format=parsed.format,
        say=_say,
    )
    return 0


def _advance(parsed: argparse.Namespace) -> int:
    written = advance_bank(days=parsed.days, out=parsed.out, state_path=parsed.state, say=_say)
    return 0 if written else EXIT_NO_MORE_DAYS


def _fault(parsed: argparse.Namespace) -> int:
    order_fault(fault=parsed.fault, days=parsed.days, state_path=parsed.state, say=_say)
    return 0


def _check(parsed: argparse.Namespace) -> int:
    return 0 if check_bank(out=parsed.out, state_path=parsed.state, say=_say) else EXIT_WRONG


def _truth(parsed: argparse.Namespace) -> int:
    print(json.dumps(tell_truth(state_path=parsed.state, say=_say), ensure_ascii=False, indent=1))
    return 0


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "open": _open,
    "advance": _advance,
    "fault": _fault,
    "check": _check,
    "truth": _truth,
}


def _say(line: str) -> None:
    print(f"demobank: {line}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="demobank", description="Demonstration banks that write feed folders.")
    commands = parser.add_subparsers(dest="command", required=True)
    opening = commands.add_parser("open", help="open a bank: write all it has up to its opening day")
    opening.add_argument("spec", help="berka:DIR (the PKDD'99 files) or demo (an invented bank in Guangxi)")
    opening.add_argument(
        "--customers", type=int, default=CUSTOMERS_DEFAULT, help="of the demo bank (default %(default)s)"
    )
    opening.add_argument("--seed", type=int, default=1, help="same seed, same bank (default %(default)s)")
    opening.add_argument(
        "--today",
        type=date.fromisoformat,
        default=datetime.now(UTC).astimezone().date(),
        help="the day to open on or before (default: today)",
    )
    opening.add_argument(
        "--format", choices=(CSV, PARQUET), help="of the feed (default: csv, from 50,000 customers parquet)"
    )
    advance = commands.add_parser("advance", help="let the next bank days pass, one folder each")
    advance.add_argument("--days", type=int, default=1)
    fault = commands.add_parser("fault", help="let something go wrong on the next days of the invented bank")
    fault.add_argument("fault", choices=FAULTS)
    fault.add_argument("--days", type=int, default=1, help="how many days; 0 takes it back (default %(default)s)")
    check = commands.add_parser("check", help="prove the invented bank's books")
    truth = commands.add_parser("truth", help="print what truly moves the invented bank's customers, as JSON")
    for command in (opening, advance, fault, check, truth):
        command.add_argument("--out", type=Path, required=True, help="the inbox the folders appear in")
        command.add_argument("--state", type=Path, required=True, help="the file the bank remembers itself in")
    return parser


if __name__ == "__main__":
    sys.exit(main())
