"""What processes cost: processor seconds and memory, as the operating system counts them."""

import os
from pathlib import Path

from haoyou.kernel.db.postmaster import serves

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int, *, with_ended_children: bool = False) -> float:
    """Processor seconds of a process since it started; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    fields = text.rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if with_ended_children else 13])) / TICKS_PER_S


def database_cpu_s(data: Path, postmaster: int, *, without: frozenset[int] = frozenset()) -> float:
    """Processor seconds of all processes of a database server, less the backends in `without`."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    live = [pid for pid in pids if pid not in without and pid != postmaster and serves(pid, data)]
    return cpu_s(postmaster, with_ended_children=True) + sum(map(cpu_s, live))


def resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
