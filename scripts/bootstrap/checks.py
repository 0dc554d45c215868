"""What ./test runs: each check with its time, all of them even when one fails, a table and one closing line."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from scripts.bootstrap import debian, web
from scripts.bootstrap.clone import building
from scripts.bootstrap.progress import StageError, say

BROWSER_TESTS = ("tests/journeys", "tests/screens")
PYTHON_TESTS = ("tests", "src", "demobank")
WORKERS_MAX = 4  # each has a PostgreSQL of its own
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass(slots=True)
class Outcome:
    """How one check ended; the counts are tests for pytest, and one for any other failed check."""

    name: str
    state: str
    seconds: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: int = 0


@dataclass(slots=True)
class Session:
    """One ./test: where, with which environment, and what came out so far."""

    root: Path
    for_pytest: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict[str, str])
    outcomes: list[Outcome] = field(default_factory=list[Outcome])

    def program(self, name: str) -> Path:
        return self.root / ".venv" / "bin" / name


def run_suites(root: Path, suites: Sequence[str], for_pytest: Sequence[str]) -> int:
    """Run the suites one after the other; 0 when nothing failed."""
    session = Session(root, for_pytest)
    steps: list[Callable[[Session], None]] = []
    for suite in suites:
        steps += [step for step in SUITES[suite] if step not in steps]
    for step in steps:
        step(session)
    return _report(session)


def _report(session: Session) -> int:
    width = max(len(outcome.name) for outcome in session.outcomes)
    print("\n=== summary ===")
    for outcome in session.outcomes:
        counts = f"  {outcome.passed} passed, {outcome.failed} failed" if outcome.passed or outcome.failed > 1 else ""
        print(f"{outcome.name:<{width}}  {outcome.state:<7} {outcome.seconds:7.1f} s{counts}")
    passed, failed, skipped = (
        sum(getattr(outcome, name) for outcome in session.outcomes) for name in ("passed", "failed", "skipped")
    )
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 1 if any(outcome.state == "failed" for outcome in session.outcomes) else 0


def _check(session: Session, name: str, command: Sequence[str | Path], *, cwd: Path | None = None) -> Outcome:
    """Run one command with its output going straight through."""
    print(f"\n=== {name} ===", flush=True)
    begin = time.monotonic()
    try:
        code = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=cwd or session.root,
            env={**os.environ, **session.environment},
        ).returncode
    except FileNotFoundError as error:
        print(f"{error.filename} is missing")
        code = 127
    outcome = Outcome(name, "passed" if code == 0 else "failed", time.monotonic() - begin, failed=int(code != 0))
    session.outcomes.append(outcome)
    return outcome


def _skip(session: Session, name: str, reason: str) -> None:
    print(f"\n=== {name} ===\nskipped: {reason}", flush=True)
    session.outcomes.append(Outcome(name, "skipped"))


def _ruff(session: Session) -> None:
    _check(session, "ruff check", [session.program("ruff"), "check", "."])
    _check(session, "ruff format", [session.program("ruff"), "format", "--check", "."])


def _pyright(session: Session) -> None:
    _find_node(session)
    _check(session, "pyright", [session.program("pyright")])


def _walls(session: Session) -> None:
    _check(session, "import-linter", [session.program("lint-imports")])


def _find_node(session: Session) -> None:
    """Pyright and the web tools need Node, the machine's or ours."""
    with building(session.root):
        session.environment.update(web.node_environment(session.root))


def _web_checks(session: Session) -> None:
    try:
        _find_node(session)
        with building(session.root):
            web.install_web_packages(session.root, session.environment)
    except StageError as error:
        print(error)
        session.outcomes.append(Outcome("web packages", "failed", failed=1))
        return
    for script in ("lint", "typecheck", "walls", "test"):
        _check(session, f"web {script}", ["npm", "run", "--silent", script], cwd=session.root / "web")


def _web_build(session: Session) -> None:
    begin = time.monotonic()
    outcome = Outcome("web build", "passed")
    try:
        with building(session.root):
            if not web.web_is_ready(session.root):
                web.build_web(session.root)
    except StageError as error:
        print(error)
        outcome = Outcome("web build", "failed", failed=1)
    outcome.seconds = time.monotonic() - begin
    session.outcomes.append(outcome)


def _pytest(session: Session, name: str, paths: Sequence[str], *options: str) -> None:
    """Run pytest over the paths that exist and take the counts from its report file."""
    there = [path for path in paths if (session.root / path).is_dir()]
    if not there:
        _skip(session, name, f"there is no {' or '.join(paths)}")
        return
    with tempfile.TemporaryDirectory(prefix="haoyou-report-") as directory:
        report = Path(directory) / "report.xml"
        command = [session.program("python"), "-m", "pytest", f"--junitxml={report}", *options, *session.for_pytest]
        outcome = _check(session, name, [*command, *there])
        if not report.exists():  # pytest itself could not run: the one failure stays counted
            return
        counts = [suite.attrib for suite in ET.parse(report).getroot().iter("testsuite")]  # noqa: S314
    tests, failures, errors, skipped = (
        sum(int(suite[key]) for suite in counts) for key in ("tests", "failures", "errors", "skipped")
    )
    outcome.skipped = skipped
    outcome.passed = tests - failures - errors - skipped
    outcome.failed = failures + errors or outcome.failed
    if tests == 0 and outcome.state == "failed" and session.for_pytest:
        outcome.state, outcome.failed = "skipped", 0  # the caller's own selection picks nothing here


def _python_tests(session: Session) -> None:
    _pytest(session, "pytest", PYTHON_TESTS, "-m", "not browser", *_without_browser_tests(), *_side_by_side())


def _quick_python_tests(session: Session) -> None:
    selection = "not slow and not browser"
    _pytest(session, "pytest fast", PYTHON_TESTS, "-m", selection, *_without_browser_tests(), *_side_by_side())


def _side_by_side() -> list[str]:
    """A worker a core; the tests of one file stay together, they share what is dear to make."""
    workers = min(WORKERS_MAX, os.cpu_count() or 1)
    return ["-n", str(workers), "--dist", "loadfile"] if workers > 1 else []


def _without_browser_tests() -> list[str]:
    return [f"--ignore={path}" for path in BROWSER_TESTS]


def _browser_tests(session: Session) -> None:
    if not any((session.root / path).is_dir() for path in BROWSER_TESTS):
        _skip(session, "pytest browser", f"there is no {' or '.join(BROWSER_TESTS)}")
        return
    browser = _find_browser()
    if browser is None:
        _skip(session, "pytest browser", f"no chromium here: {debian.command_for(['chromium', 'fonts-noto-cjk'])}")
        return
    session.environment["HAOYOU_CHROMIUM"] = browser
    _pytest(session, "pytest browser", BROWSER_TESTS, *_side_by_side())


def _find_browser() -> str | None:
    """A chromium that starts and Chinese letters for it, installed now when we are root."""
    browser = _working_browser()
    missing = ([] if browser else ["chromium"]) + ([] if _has_chinese_font() else ["fonts-noto-cjk"])
    if missing and debian.can_install():
        try:
            debian.install(missing)
        except StageError as error:
            say(str(error))
    return browser or _working_browser()


def _working_browser() -> str | None:
    for name in CHROMIUM_NAMES:
        path = shutil.which(name)
        # On Ubuntu the name may be a stub that only says how to install a snap.
        if path and subprocess.run([path, "--version"], check=False, capture_output=True, timeout=60).returncode == 0:
            return path
    return None


def _has_chinese_font() -> bool:
    if shutil.which("fc-list") is None:
        return False
    done = subprocess.run(["fc-list", ":lang=zh", "family"], check=False, capture_output=True, timeout=60)
    return bool(done.stdout.strip())


PYTHON: list[Callable[[Session], None]] = [_ruff, _pyright, _walls]
SUITES: dict[str, list[Callable[[Session], None]]] = {
    "fast": [*PYTHON, _quick_python_tests],
    "python": [*PYTHON, _python_tests],
    "web": [_web_checks, _web_build],
    "journeys": [_web_build, _browser_tests],
    "all": [*PYTHON, _web_checks, _python_tests, _web_build, _browser_tests],
}
