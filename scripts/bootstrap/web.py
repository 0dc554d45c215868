"""The web app: Node, its packages, and web/dist built from the sources when they changed."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from scripts.bootstrap.clone import fingerprint, has_stamp
from scripts.bootstrap.packages import make_node
from scripts.bootstrap.progress import execute, stage

NODE_MIN = (20, 19)
NOT_SOURCES = {"node_modules", "dist", "coverage", "reports"}
NOT_SOURCE_SUFFIXES = {".tsbuildinfo", ".log"}
BUILT = ".built-from"


def web_is_ready(root: Path) -> bool:
    return has_stamp(root / "web" / "dist" / BUILT, [_sources_mark(root)])


def build_web(root: Path) -> None:
    """Build web/dist; the stamp is written last, so that a build cut off is done again."""
    environment = node_environment(root)
    install_web_packages(root, environment)
    mark = _sources_mark(root)
    with stage("Web app"):
        execute(["npm", "run", "build"], cwd=root / "web", env=environment)
        (root / "web" / "dist" / BUILT).write_text(mark, encoding="ascii")


def install_web_packages(root: Path, environment: dict[str, str]) -> None:
    stamp = root / "web" / "node_modules" / BUILT
    mark = fingerprint(root, [root / "web" / "package-lock.json"])
    if has_stamp(stamp, [mark]):
        return
    with stage("Web packages"):
        execute(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=root / "web", env=environment)
        stamp.parent.mkdir(exist_ok=True)  # npm makes none for an app without packages
        stamp.write_text(mark, encoding="ascii")


def node_environment(root: Path) -> dict[str, str]:
    """What to add to the environment so that `node` and `npm` are found; empty when the machine has them."""
    if _machine_has_node():
        return {}
    programs = make_node(root)
    return {"PATH": f"{programs}:{os.environ.get('PATH', os.defpath)}"}


def _machine_has_node() -> bool:
    if shutil.which("node") is None or shutil.which("npm") is None:
        return False
    done = subprocess.run(["node", "--version"], check=False, capture_output=True, text=True, timeout=60)
    version = re.match(r"v(\d+)\.(\d+)", done.stdout)
    return version is not None and (int(version[1]), int(version[2])) >= NODE_MIN


def _sources_mark(root: Path) -> str:
    web = root / "web"
    files: list[Path] = []
    for entry in web.iterdir():
        if entry.name in NOT_SOURCES:
            continue
        files += [path for path in entry.rglob("*") if path.is_file()] if entry.is_dir() else [entry]
    return fingerprint(root, [path for path in files if path.suffix not in NOT_SOURCE_SUFFIXES])
