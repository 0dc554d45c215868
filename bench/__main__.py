"""`python -m bench --list | NAME … | all [--small] [--json] [--write FILE]`: a line a figure; 1 when one broke."""

import argparse
import importlib
import json
import pkgutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import promises
from bench.figure import Figure, print_lines
from bench.measured import write_measured


@dataclass(frozen=True, slots=True)
class Promise:
    name: str
    words: str
    measure: Callable[[Any], list[Figure]]
    full: object
    small: object


def load_promises() -> dict[str, Promise]:
    """Every module in bench/promises is one."""
    found: dict[str, Promise] = {}
    for info in pkgutil.iter_modules(promises.__path__):
        module = importlib.import_module(f"bench.promises.{info.name}")
        words = (module.__doc__ or "").strip()
        found[info.name] = Promise(info.name, words, module.measure, module.FULL, module.SMALL)
    return found


def main(arguments: list[str]) -> int:
    known = load_promises()
    parser = argparse.ArgumentParser(prog="bench", description="The measured promises of haoyou.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all, or some of: {', '.join(known)}")
    parser.add_argument("--list", action="store_true", help="say what is promised and end")
    parser.add_argument("--small", action="store_true", help="the small dose that ./test runs")
    parser.add_argument("--json", action="store_true", help="one JSON object a figure")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table there, with machine and commit")
    given = parser.parse_args(arguments)
    if given.list or not given.names:
        for promise in known.values():
            first_line = promise.words.partition("\n")[0]
            print(f"{promise.name:<8} {first_line}")
        return 0
    unknown = set(given.names) - {"all", *known}
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    chosen = list(known) if "all" in given.names else given.names
    measured: dict[Promise, list[Figure]] = {}
    for name in chosen:
        promise, began = known[name], time.monotonic()
        print(f"# {name}: {'small' if given.small else 'full'} dose", file=sys.stderr, flush=True)
        measured[promise] = promise.measure(promise.small if given.small else promise.full)
        print(f"# {name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        if given.json:
            print(
                "\n".join(json.dumps(figure.as_json(), ensure_ascii=False) for figure in measured[promise]), flush=True
            )
        else:
            print(print_lines(measured[promise]), flush=True)
    if given.write:
        doses = {one.name: (one.words, one.small if given.small else one.full) for one in measured}
        write_measured(given.write, doses, {one.name: figures for one, figures in measured.items()})
    figures = [figure for found in measured.values() for figure in found]
    broken = [one.name for one in figures if not one.holds and not (given.small and one.is_timed)]
    if broken:
        print(f"# broken promises: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
