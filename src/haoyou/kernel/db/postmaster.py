"""One PostgreSQL server as the operating system sees it: is it alive, does it answer, end it.

It reads /proc and speaks the first words of the wire protocol; what a home is and who owns it stands in `embedded`.
"""

import os
import signal
import socket
import struct
import time
from pathlib import Path
from typing import Literal

HOST = "127.0.0.1"
SUPERUSER = "postgres"

READY_TIMEOUT_S = 300.0  # recovery after a power cut replays up to max_wal_size
STOP_TIMEOUT_S = 60.0  # a fast stop writes one checkpoint
KILL_TIMEOUT_S = 10.0
POLL_S = 0.02

StopMode = Literal["smart", "fast", "immediate"]
STOP_SIGNALS: dict[StopMode, signal.Signals] = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
}


class ClusterError(Exception):
    """The database cannot be started or stopped; the text says what to do."""


def start_of(pid: int) -> int | None:
    """When a process started, in clock ticks since the machine did; None when it is gone or a zombie.

    Where process 1 does not reap, a killed process stays a zombie for ever: it counts as gone.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def is_alive(pid: int) -> bool:
    return start_of(pid) is not None


def serves(pid: int, data: Path) -> bool:
    """Is this a live process of the server on that directory? Every one of them works inside it."""
    try:
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
        return name == "postgres" and is_alive(pid) and Path(f"/proc/{pid}/cwd").samefile(data)
    except OSError:
        return False


def find_server(data: Path) -> tuple[int, int] | None:
    """Process and port of the server that runs on this directory; None when there is none."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    return (pid, port) if serves(pid, data) else None


def is_ready(data: Path) -> bool:
    """Does this server let clients in? Its port alone would not tell: another server may hold that."""
    found = find_server(data)
    if found is None or not _answers(found[1]):
        return False
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return [line.strip() for line in lines[7:8]] == ["ready"]


def _processes_of(data: Path) -> list[int]:
    return [
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and serves(int(entry.name), data)
    ]


def wait_until_alone(data: Path) -> bool:
    """Give a server's last processes time to end; its logger goes after it, with the reason. False when some stay."""
    deadline = time.monotonic() + KILL_TIMEOUT_S
    while _processes_of(data):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def clear_away(data: Path) -> None:
    """End what a killed server left behind: its own processes first, then its postmaster.pid.

    The order matters: the file is what keeps a second server out while a process of the first still writes.
    """
    for sign in (signal.SIGQUIT, signal.SIGKILL):
        for pid in _processes_of(data):
            _signal(pid, sign)
        if wait_until_alone(data):
            break
    else:
        raise ClusterError(f"Processes {_processes_of(data)} still use the database in {data}. End them, start again.")
    (data / "postmaster.pid").unlink(missing_ok=True)


def _signal(pid: int, sign: signal.Signals) -> None:
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return


def stop_server(pid: int, mode: StopMode) -> None:
    """Stop by signal, harder when it takes too long; data survive each of them, the harder ones by recovery."""
    steps = [(STOP_SIGNALS[mode], STOP_TIMEOUT_S), (signal.SIGQUIT, KILL_TIMEOUT_S), (signal.SIGKILL, KILL_TIMEOUT_S)]
    for sign, seconds in steps:
        _signal(pid, sign)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not is_alive(pid):
                return
            time.sleep(POLL_S)
    raise ClusterError(f"The database process {pid} does not end.")


def _answers(port: int) -> bool:
    """Does the server let clients in? While it recovers it answers every greeting with error 57P03."""
    wish = b"user\0" + SUPERUSER.encode() + b"\0database\0postgres\0\0"
    try:
        with socket.create_connection((HOST, port), timeout=5) as connection:
            connection.sendall(struct.pack("!ii", len(wish) + 8, 3 << 16) + wish)
            answer = connection.recv(1024)
    except OSError:
        return False
    return bool(answer) and b"C57P03\0" not in answer
