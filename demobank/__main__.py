"""python -m demobank open|advance …: the command; progress on standard error, nothing on standard output."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from demobank.feed import BankError
from demobank.run import advance_bank, open_bank

CUSTOMERS_DEFAULT = 2_000
EXIT_REFUSED = 2
EXIT_NO_MORE_DAYS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """0 done, 2 refused with a sentence, 3 the bank has no further day."""
    parsed = _parser().parse_args(arguments)
    try:
        return _open(parsed) if parsed.command == "open" else _advance(parsed)
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
        say=_say,
    )
    return 0


def _advance(parsed: argparse.Namespace) -> int:
    written = advance_bank(days=parsed.days, out=parsed.out, state_path=parsed.state, say=_say)
    return 0 if written else EXIT_NO_MORE_DAYS


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
    advance = commands.add_parser("advance", help="let the next bank days pass, one folder each")
    advance.add_argument("--days", type=int, default=1)
    for command in (opening, advance):
        command.add_argument("--out", type=Path, required=True, help="the inbox the folders appear in")
        command.add_argument("--state", type=Path, required=True, help="the file the bank remembers itself in")
    return parser


if __name__ == "__main__":
    sys.exit(main())
