"""When to save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

# A good start finds a better program every second; each is not worth a checkpoint.
BEST_INTERVAL_SECONDS = 5.0


@dataclass
class SavePolicy:
    """Decides the reason for a save, if there is one. Times are seconds of one steady clock.

    >>> policy = SavePolicy(interval_seconds=30, began=0)
    >>> policy.due(now=29, requested=False, unsaved=True)
    >>> policy.due(now=30, requested=False, unsaved=True)
    'timer'
    """

    interval_seconds: float
    began: float
    new_best: bool = False

    def __post_init__(self) -> None:
        self._last = self.began
        self._last_best = self.began - BEST_INTERVAL_SECONDS

    def due(self, now: float, requested: bool, unsaved: bool) -> Optional[str]:
        """`unsaved`: an iteration finished that no checkpoint holds."""
        if requested:
            return "request"
        if self.new_best and now - self._last_best >= BEST_INTERVAL_SECONDS:
            return "best"
        if unsaved and now - self._last >= self.interval_seconds:
            return "timer"
        return None

    def tried(self, now: float) -> None:
        """A save was made, or failed: in both cases the next one waits its time."""
        if self.new_best:
            self._last_best = now
        self.new_best = False
        self._last = now
