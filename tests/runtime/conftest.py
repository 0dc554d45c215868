"""A clone in miniature: the real ./run and ./test, with stand-ins for the tools they start."""

import shutil
import stat
import sys
from pathlib import Path

import pytest

from scripts.bootstrap import packages

ROOT = Path(__file__).resolve().parents[2]

# Answers like the Python of .venv, except that `-m haoyou` only tells how it was started.
PYTHON_STAND_IN = f"""#!/bin/sh
case "$*" in
  "-P -m haoyou "*) shift 3; echo "pid $$ cwd $PWD"; printf '<%s>' "$@"; exit 0 ;;
esac
exec {sys.executable} "$@"
"""

WEB_LOCK = (
    '{"name": "w", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "w", "version": "1.0.0"}}}'
)
WEB_SCRIPTS = {
    "build": "mkdir -p dist && cat src/app.js > dist/app.js",
    "lint": "true",
    "typecheck": "true",
    "walls": "true",
    "test": "true",
}


def write_program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A prepared clone (environment and stamps in place), whose web app is still to be built."""
    root = tmp_path / "clone"
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("run", "test", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, root / name)
    programs = root / ".venv" / "bin"
    programs.mkdir(parents=True)
    write_program(programs / "python", PYTHON_STAND_IN)
    for name in ("ruff", "pyright", "lint-imports"):
        write_program(programs / name, "#!/bin/sh\nexit 0\n")
    mark = packages.environment_mark(root, root / "requirements-dev.lock")
    (root / ".venv" / packages.STAMP).write_text(mark, encoding="ascii")
    web = root / "web"
    (web / "src").mkdir(parents=True)
    (web / "src" / "app.js").write_text("first", encoding="utf-8")
    (web / "package-lock.json").write_text(WEB_LOCK, encoding="utf-8")
    scripts = ", ".join(f'"{name}": "{command}"' for name, command in WEB_SCRIPTS.items())
    (web / "package.json").write_text(
        f'{{"name": "w", "version": "1.0.0", "scripts": {{{scripts}}}}}', encoding="utf-8"
    )
    return root
