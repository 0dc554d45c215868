"""Lines that say what goes on: one when a stage begins, one every few seconds, one when it ends. Plain text, no tty."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

BEAT_S = 5.0
EXCERPT_LINES = 20  # from the beginning and from the end of what a failed command said: npm puts its reason first
COMMAND_TIMEOUT_S = 30 * 60.0  # a weak network must be able to fetch 200 MB

_begin = time.monotonic()


class StageError(Exception):
    """A stage cannot go on; the text says what to do."""


def say(text: str) -> None:
    """One line with the seconds since the start."""
    print(f"[{time.monotonic() - _begin:5.1f} s] {text}", flush=True)


@contextmanager
def stage(title: str) -> Generator[None]:
    """Announce a stage, keep saying that it goes on, and tell how long it took."""
    begin = time.monotonic()
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT_S):
            say(f"{title}: still at it")

    say(f"{title} …")
    threading.Thread(target=beat, daemon=True).start()
    try:
        yield
    finally:
        ended.set()
    say(f"{title}: done in {time.monotonic() - begin:.1f} s")


def execute(command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    """Run a command and keep its words for the case that it fails."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as words:
        try:
            done = subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                timeout=COMMAND_TIMEOUT_S,
            )
        except FileNotFoundError as error:
            raise StageError(f"The program {command[0]} is missing.") from error
        except subprocess.TimeoutExpired as error:
            raise StageError(f"{_text(command)} did not end within {COMMAND_TIMEOUT_S:.0f} s.") from error
        if done.returncode != 0:
            words.seek(0)
            raise StageError(f"{_text(command)} failed with {done.returncode}:\n{_excerpt(words.readlines())}")


def _excerpt(lines: list[str]) -> str:
    if len(lines) <= 2 * EXCERPT_LINES:
        return "".join(lines)
    return "".join([*lines[:EXCERPT_LINES], "  …\n", *lines[-EXCERPT_LINES:]])


def _text(command: Sequence[str | Path]) -> str:
    return " ".join(str(word) for word in command)
