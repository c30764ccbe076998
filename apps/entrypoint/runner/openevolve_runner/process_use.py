"""What processes use of the machine, as Linux tells it; unknown elsewhere."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Optional

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_KIB_PER_MIB = 1024


@dataclass(frozen=True)
class MemoryUse:
    """MiB that a process does not share: now, and at its most."""

    now: float
    most: float


def memory_of(pid: int) -> Optional[MemoryUse]:
    """What a process uses; None when it is gone."""
    proc = Path(f"/proc/{pid}")
    try:
        rollup = _kib((proc / "smaps_rollup").read_text())
        most = _kib((proc / "status").read_text())["VmHWM"]
    except (OSError, KeyError, ValueError):  # gone, or no Linux
        return None
    private = rollup["Private_Clean"] + rollup["Private_Dirty"]
    shared = rollup["Rss"] - private
    return MemoryUse(private / _KIB_PER_MIB, max(private, most - shared) / _KIB_PER_MIB)


def cpu_seconds(workers: Iterable[int]) -> float:
    """CPU time of this process, of `workers`, and of all that ended and was waited for."""
    return sum(os.times()[:4]) + sum(map(_cpu_seconds, workers))


def _cpu_seconds(pid: int) -> float:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # it has just ended, or no Linux
        return 0.0
    # utime, stime, cutime and cstime follow the name in brackets, which may hold anything.
    return sum(map(int, stat.rpartition(")")[2].split()[11:15])) / _TICKS_PER_SECOND


def _kib(text: str) -> dict[str, int]:
    lines = (line.split() for line in text.splitlines())
    return {words[0].rstrip(":"): int(words[1]) for words in lines if words[-1] == "kB"}
