"""The clone as a place to build in: may we write, is somebody else building, is a built thing still right."""

import fcntl
import hashlib
import os
import pwd
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from scripts.bootstrap.progress import StageError, say

WAIT_S = 15 * 60.0  # a first build on a weak network


@contextmanager
def building(root: Path) -> Generator[None]:
    """One builder at a time in this clone; the lock goes with the process that holds it."""
    tools = root / ".tools"
    try:
        tools.mkdir(exist_ok=True)
        file = (tools / "lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise StageError(
            f"{root} has to be prepared, but {_user()} may not write there ({error.strerror}). Start ./run once as the "
            "owner of this clone, or clone it into a directory of your own."
        ) from error
    with file:
        _wait_for_turn(root, file.fileno())
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _wait_for_turn(root: Path, handle: int) -> None:
    deadline = time.monotonic() + WAIT_S
    told = False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = (root / ".tools" / "lock").read_text(encoding="utf-8").strip()
            if time.monotonic() > deadline:
                raise StageError(
                    f"Process {holder} has been preparing {root} for {WAIT_S / 60:.0f} minutes. End it, start again."
                ) from None
            if not told:
                say(f"Another ./run or ./test (process {holder}) is preparing this clone; waiting for it …")
                told = True
            time.sleep(0.2)
        else:
            return


def _user() -> str:
    try:
        return f"the user {pwd.getpwuid(os.geteuid()).pw_name}"
    except KeyError:
        return f"user number {os.geteuid()}"


def fingerprint(root: Path, files: Iterable[Path], *words: str) -> str:
    """One hash over the words, and over the names (below the root) and contents of the files."""
    digest = hashlib.sha256("\0".join(words).encode())
    for path in sorted(files):
        digest.update(f"\0{path.relative_to(root)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def has_stamp(stamp: Path, accepted: Iterable[str]) -> bool:
    """Was the thing beside this stamp built from one of these fingerprints?"""
    try:
        return stamp.read_text(encoding="ascii") in set(accepted)
    except (FileNotFoundError, NotADirectoryError):
        return False
