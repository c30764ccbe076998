"""What one worker process may use."""

from __future__ import annotations

import resource
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Optional

MIB = 1 << 20

# Of -1000 to 1000: workers before the runner and the entrypoint when memory runs out.
_OOM_SCORE_ADJUSTMENT = 500


@dataclass(frozen=True)
class WorkerLimits:
    """None is no limit.

    `memory_mib` is for private writable memory (RLIMIT_DATA): numeric libraries map far more
    address space than they use, so RLIMIT_AS would refuse them. `processes` (RLIMIT_NPROC) counts
    every process and thread of the worker's user in this user namespace, the runner's and other
    jobs' too, and does not bind root.
    """

    memory_mib: Optional[int] = None
    file_mib: Optional[int] = None
    processes: Optional[int] = None

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> WorkerLimits:
        return cls(document["memory_mib"], document["file_mib"], document["processes"])

    def enforce(self) -> None:
        """Bind this process and what it will start, for ever."""
        _limit(resource.RLIMIT_CORE, 0)
        if self.memory_mib is not None:
            _limit(resource.RLIMIT_DATA, self.memory_mib * MIB)
        if self.file_mib is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing fails with OSError then
            _limit(resource.RLIMIT_FSIZE, self.file_mib * MIB)
        if self.processes is not None:
            _limit(resource.RLIMIT_NPROC, self.processes)


def be_first_to_go() -> None:
    """Have the kernel choose this process when memory runs out. Only Linux can."""
    adjustment = Path("/proc/self/oom_score_adj")
    if adjustment.exists():
        adjustment.write_text(str(max(_OOM_SCORE_ADJUSTMENT, int(adjustment.read_text()))))


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))
