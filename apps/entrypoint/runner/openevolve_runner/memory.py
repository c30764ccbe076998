"""What the kernel counts about this container's memory: exit codes do not tell what ran out."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

MIB = 1 << 20
# cgroup v1 writes "no limit" as the largest number of whole pages.
_UNLIMITED_BYTES = 1 << 60


class MemoryGroup:
    """The memory cgroup of this process, version 2 or 1; unknown where there is none.

    In a container the group's own path is often not visible, and the root of the mount is it.
    """

    def __init__(self, proc: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")):
        self._events: Optional[Path] = None
        self._limit: Optional[Path] = None
        self._find(proc, root)
        self._explained = self.kills()

    def ran_out(self) -> bool:
        """Whether the kernel killed one more of the group for memory; ask once for each killed."""
        if self.kills() <= self._explained:
            return False
        self._explained += 1
        return True

    def kills(self) -> int:
        """How many processes of the group the kernel has killed for memory so far."""
        try:
            text = self._events.read_text() if self._events else ""
        except OSError:
            return 0
        counts = [line.split()[1] for line in text.splitlines() if line.startswith("oom_kill ")]
        return int(counts[0]) if counts else 0

    def limit_mib(self) -> Optional[int]:
        """What all processes of the group may use together; None for no limit or unknown."""
        try:
            limit = int(self._limit.read_text()) if self._limit else _UNLIMITED_BYTES
        except (OSError, ValueError):  # "max"
            return None
        return limit // MIB if limit < _UNLIMITED_BYTES else None

    def _find(self, proc: Path, root: Path) -> None:
        try:
            lines = [line.split(":", 2) for line in proc.read_text().splitlines()]
        except OSError:
            return
        for _, controllers, path in lines:
            if "memory" in controllers.split(","):
                names, mount = ("memory.oom_control", "memory.limit_in_bytes"), root / "memory"
            elif not controllers:
                names, mount = ("memory.events", "memory.max"), root
            else:
                continue
            for folder in (mount / path.lstrip("/"), mount):
                if (folder / names[0]).is_file():
                    self._events, self._limit = folder / names[0], folder / names[1]
                    return
