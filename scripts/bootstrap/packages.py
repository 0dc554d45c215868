"""Python environments from lock files: one for haoyou (.venv), one for the installer, one for Node where there is none.

Packages come by hash from whatever index this machine's pip is set up for; uv installs them (seconds), and where uv
cannot (an index only pip understands) pip does (a minute).
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.bootstrap import debian
from scripts.bootstrap.clone import fingerprint, has_stamp
from scripts.bootstrap.progress import StageError, execute, say, stage

STAMP = "built-from"
LOCKS = Path("scripts/bootstrap")


def environment_is_ready(root: Path, *, dev: bool) -> bool:
    """Does .venv hold the locked packages? Those for ./test are more than, and the same as, those for ./run."""
    locks = ["requirements-dev.lock"] if dev else ["requirements.lock", "requirements-dev.lock"]
    return has_stamp(root / ".venv" / STAMP, [environment_mark(root, root / lock) for lock in locks])


def make_environment(root: Path, *, dev: bool) -> None:
    """Fill .venv from the lock file and make this clone importable in it."""
    lock = root / ("requirements-dev.lock" if dev else "requirements.lock")
    _installer(root)
    with stage(f"Python packages ({_count(lock)})"):
        venv = root / ".venv"
        _fill(root, venv, lock)
        site = next((venv / "lib").glob("python3.*")) / "site-packages"
        (site / "haoyou-clone.pth").write_text(f"{root / 'src'}\n{root}\n", encoding="utf-8")
        program = venv / "bin" / "haoyou"
        program.write_text('#!/bin/sh\nexec "$(dirname "$0")/python" -P -m haoyou "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        (venv / STAMP).write_text(environment_mark(root, lock), encoding="ascii")


def make_node(root: Path) -> Path:
    """Node from a wheel; returns the directory of its programs."""
    venv, lock = root / ".tools" / "node", root / LOCKS / "node.lock"
    if not has_stamp(venv / STAMP, [environment_mark(root, lock)]):
        _installer(root)
        with stage("Node (this machine has none that is new enough)"):
            _fill(root, venv, lock)
            (venv / STAMP).write_text(environment_mark(root, lock), encoding="ascii")
    return venv / "bin"


def environment_mark(root: Path, lock: Path) -> str:
    """What an environment depends on: the lock, the Python it stands on, and where it lies (its programs name that)."""
    return fingerprint(root, [lock], str(root), sys.base_prefix, ".".join(map(str, sys.version_info[:2])))


def _count(lock: Path) -> int:
    return sum("==" in line for line in lock.read_text(encoding="utf-8").splitlines())


def _installer(root: Path) -> None:
    """An environment with pip and, by hash, uv."""
    venv, lock = root / ".tools" / "python", root / LOCKS / "uv.lock"
    if has_stamp(venv / STAMP, [environment_mark(root, lock)]):
        return
    if importlib.util.find_spec("ensurepip") is None:
        debian.install(["python3-venv"])
    with stage("Package installer"):
        shutil.rmtree(venv, ignore_errors=True)
        execute([_base_python(), "-m", "venv", venv])
        try:
            execute([venv / "bin" / "pip", "install", "--quiet", "--require-hashes", "--requirement", lock])
        except StageError as error:
            say(f"uv could not be installed, pip will do it more slowly. {error}")
        else:
            (venv / STAMP).write_text(environment_mark(root, lock), encoding="ascii")


def _fill(root: Path, venv: Path, lock: Path) -> None:
    """Make the environment hold what the lock file says."""
    tools = root / ".tools" / "python" / "bin"
    (venv / STAMP).unlink(missing_ok=True)
    if not _stands(venv):
        shutil.rmtree(venv, ignore_errors=True)
        execute([_base_python(), "-m", "venv", "--without-pip", venv])
    python = venv / "bin" / "python"
    try:
        execute(
            [tools / "uv", "pip", "sync", "--quiet", "--require-hashes", "--python", python, lock],
            env=_settings_for_uv(tools / "pip"),
        )
    except StageError as error:
        say(f"uv could not install the packages, trying pip. {error}")
        pip = [tools / "pip", "--python", python, "install", "--quiet", "--no-deps"]
        execute([*pip, "--require-hashes", "--requirement", lock])


def _stands(venv: Path) -> bool:
    """Was this environment made here (its programs name the place) and by the Python that runs now?"""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if not (venv / "bin" / "python").exists() or not (venv / "lib" / f"python{version}").is_dir():
        return False
    return str(venv) in (venv / "pyvenv.cfg").read_text(encoding="utf-8")


def _base_python() -> str:
    """The machine's own Python: we may be running from the environment that is about to be removed."""
    return getattr(sys, "_base_executable", sys.executable)


def _settings_for_uv(pip: Path) -> dict[str, str]:
    """How this machine's pip reaches its index, in uv's words; uv does not read pip's settings itself."""
    done = subprocess.run([pip, "config", "list"], check=False, capture_output=True, text=True, timeout=60)
    found: dict[str, str] = {}
    for line in done.stdout.splitlines():
        name, _, value = line.partition("=")
        found[name.rpartition(".")[2]] = value.strip().strip("'\"")
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "trusted-host": "UV_INSECURE_HOST",
        "cert": "SSL_CERT_FILE",
        "proxy": "ALL_PROXY",
        "default-timeout": "UV_HTTP_TIMEOUT",
        "timeout": "UV_HTTP_TIMEOUT",
    }
    return {theirs: found[ours] for ours, theirs in names.items() if ours in found and theirs not in os.environ}
