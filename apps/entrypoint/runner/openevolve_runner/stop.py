"""The request to stop: by signal, by command, or because the parent is gone."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Callable, Optional


class StopRequest:
    """Every way to ask for a stop ends in a signal handler, so one thread decides.

    Before the evolution there is nothing to lose, and a stop leaves at once, whatever OpenEvolve
    or the evaluator are busy with. From `begin_evolution` on it only sets `requested`.
    """

    def __init__(self, leave: Callable[[], None]):
        self.requested = False
        # How long running iterations may still take; None for what the run file says.
        self.grace_seconds: Optional[float] = None
        self._leave: Optional[Callable[[], None]] = leave

    def install(self) -> None:
        """Take SIGTERM and SIGINT. OpenEvolve takes them too, so this is called again after it."""
        signal.signal(signal.SIGTERM, self._handle)
        signal.signal(signal.SIGINT, self._handle)

    def leave_with(self, leave: Callable[[], None]) -> None:
        """Replace what a stop does before the evolution."""
        self._leave = leave

    def begin_evolution(self) -> None:
        self._leave = None

    def request(self) -> None:
        """Ask for a stop, from the main thread."""
        self.requested = True
        if self._leave is not None:
            self._leave()

    def _handle(self, _signum: int, _frame: Optional[FrameType]) -> None:
        self.request()


def request_from_any_thread() -> None:
    """Ask for a stop from a thread that is not the main one."""
    os.kill(os.getpid(), signal.SIGTERM)
