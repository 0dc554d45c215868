"""The two commands: ./run prepares and becomes haoyou, ./test prepares and proves."""

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from scripts.bootstrap import checks, packages, web
from scripts.bootstrap.clone import building

RUN_HELP = """\
Usage: ./run [options]

Starts haoyou in this clone. The first start installs the Python packages, builds the web app, makes the database and
fills it from a demonstration bank; later starts only serve. Stop it with Ctrl-C.

  --port N        where to serve on 127.0.0.1 (HAOYOU_PORT, else 8080)
  --home DIR      where data live (HAOYOU_HOME, else /var/lib/haoyou for root, ~/.local/share/haoyou for others)
  --customers N   size of the invented bank that fills an empty house (2000)
  --bank SPEC     what fills an empty house: demo, berka:DIR (the PKDD'99 files) or none (demo)
  --prepare       install and build what is missing, then end without starting
  --help          this text

After the first start, all commands and options: .venv/bin/haoyou --help
"""


def run(root: Path, arguments: list[str]) -> int:
    """Prepare what is missing, then become `haoyou run`: same process, so that Ctrl-C and signals reach it."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--prepare", action="store_true")
    parser.add_argument("--home", type=Path, default=_default_home())
    known, others = parser.parse_known_args(arguments)
    if known.help:
        print(RUN_HELP, end="")
        return 0
    prepare(root)
    if known.prepare:
        return 0
    return _become_haoyou(root, ["run", "--home", str(known.home.absolute()), *others])


def _become_haoyou(root: Path, arguments: list[str]) -> NoReturn:
    python = root / ".venv" / "bin" / "python"
    sys.stdout.flush()
    os.execv(python, [str(python), "-P", "-m", "haoyou", *arguments])


def _default_home() -> Path:
    named = os.environ.get("HAOYOU_HOME")
    if named:
        return Path(named)
    return Path("/var/lib/haoyou") if os.geteuid() == 0 else Path.home() / ".local/share/haoyou"


def prepare(root: Path) -> None:
    """Make .venv and web/dist right; nothing is locked or written when they are."""
    if packages.environment_is_ready(root, dev=False) and web.web_is_ready(root):
        return
    with building(root):
        if not packages.environment_is_ready(root, dev=False):
            packages.make_environment(root, dev=False)
        if not web.web_is_ready(root):
            web.build_web(root)


def test(root: Path, arguments: list[str]) -> int:
    """Run the named suites (all when none is named); what follows `--` goes to pytest."""
    parser = argparse.ArgumentParser(prog="./test", allow_abbrev=False, epilog="What follows -- goes to pytest.")
    parser.add_argument("suites", nargs="*", metavar="suite", help=", ".join(checks.SUITES) + " (default: all)")
    ours, for_pytest = arguments, list[str]()
    if "--" in arguments:
        at = arguments.index("--")
        ours, for_pytest = arguments[:at], arguments[at + 1 :]
    suites = parser.parse_args(ours).suites or ["all"]
    unknown = sorted(set(suites) - set(checks.SUITES))
    if unknown:
        parser.error(f"no suite {', '.join(unknown)}; there are {', '.join(checks.SUITES)}")
    if not packages.environment_is_ready(root, dev=True):
        with building(root):
            if not packages.environment_is_ready(root, dev=True):
                packages.make_environment(root, dev=True)
    return checks.run_suites(root, suites, for_pytest)
