"""python -m demobank.staff --address URL --state FILE: the people of a demonstration bank at work.

Standard input has, first, one JSON line with their sign-ins, `[{"role": …, "login": …, "password": …}, …]`; from then
on every line asks for the present bank day's work, which is answered by one JSON line with what was done. Passwords
come this way and no other: a command line and an environment can be read by others.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from demobank.feed import BankError
from demobank.staff.crew import Crew, Person
from demobank.staff.day import work_day
from demobank.staff.desk import Desk, Refused, Unreachable
from demobank.state import contacts_inbox, read_state

EXIT_REFUSED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """0 done, 2 the day could not be worked, with a sentence; it may be asked for again."""
    parser = argparse.ArgumentParser(prog="demobank.staff", description="The people of a demonstration bank at work.")
    parser.add_argument("--address", required=True, help="where the house serves, such as http://127.0.0.1:8080")
    parser.add_argument("--state", type=Path, required=True, help="the file the bank remembers itself in")
    parser.add_argument("--verbose", action="store_true", help="say what the house refused, to standard error")
    parsed = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO if parsed.verbose else logging.WARNING, format="%(message)s")
    try:
        crew = _gather(parsed.address, parsed.state, json.loads(sys.stdin.readline()))
        for _ in sys.stdin:
            print(json.dumps(work_day(crew), ensure_ascii=False), flush=True)
    except (BankError, Refused, Unreachable) as error:
        print(f"demobank.staff: {error}", file=sys.stderr)
        return EXIT_REFUSED
    return 0


def _gather(address: str, state_path: Path, sign_ins: Sequence[dict[str, Any]]) -> Crew:
    return Crew(
        people=[Person(one["login"], one["role"], Desk(address, one["login"], one["password"])) for one in sign_ins],
        seed=read_state(state_path).seed,
        plan_path=state_path.with_name(f"{state_path.stem}-staff.json"),
        contacts=contacts_inbox(state_path),
    )


if __name__ == "__main__":
    sys.exit(main())
