"""Runs import-linter on a tree, in a process of its own because it imports what it reads."""

import os
import subprocess
import sys
from pathlib import Path

# The console script's own entry, so that no path to a script is needed.
_RUN = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"


def lint_imports(root: Path, *contracts: str) -> tuple[int, str]:
    """Exit code and what it says; only the named contracts when any are named."""
    command = [sys.executable, "-c", _RUN, "--no-cache", "--config", str(root / "pyproject.toml")]
    command += [word for contract in contracts for word in ("--contract", contract)]
    environment = os.environ | {"PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}", "COLUMNS": "400"}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr
