"""Debian packages: installed by apt-get when we are root, else named in the command that would install them."""

import os
import shutil

from scripts.bootstrap.progress import StageError, execute, stage


def can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def command_for(packages: list[str]) -> str:
    return f"sudo apt-get update && sudo apt-get install -y {' '.join(packages)}"


def install(packages: list[str]) -> None:
    """Install Debian packages; StageError with the command to type when we are not root."""
    if not can_install():
        raise StageError(f"Missing on this machine: {', '.join(packages)}. Install, then start again:\n"
                         f"  {command_for(packages)}")  # fmt: skip
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    with stage(f"Debian packages {' '.join(packages)}"):
        execute(["apt-get", "update", "-q"], env=quiet)
        execute(["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages], env=quiet)
