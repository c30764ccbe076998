"""Slots for evaluations: no more run at one time than the machine has vCPUs for."""

from __future__ import annotations

import threading
from collections import deque
from typing import Callable

from openevolve_runner.worker_process import WorkerProcess

_LOOK_SECONDS = 0.1


class EvaluationSlots:
    """`size` slots, first come, first served; a worker holds at most one.

    Workers do not hold them themselves: the thread that attends to a worker takes a slot for it,
    and frees it when the worker is gone with all that it started. So no kill loses a slot, and
    evolved code can keep none longer than its worker lives.
    """

    def __init__(self, size: int):
        self._free = size
        self._holders: set[WorkerProcess] = set()
        self._waiting: deque[WorkerProcess] = deque()
        self._changed = threading.Condition()

    def take(self, holder: WorkerProcess, check: Callable[[], None]) -> None:
        """Wait for a slot; returns at once when `holder` has one. `check` may raise to give up."""
        with self._changed:
            if holder in self._holders:
                return
            self._waiting.append(holder)
            try:
                while not self._free or self._waiting[0] is not holder:
                    self._changed.wait(_LOOK_SECONDS)
                    check()
                self._free -= 1
                self._holders.add(holder)
            finally:
                self._waiting.remove(holder)
                self._changed.notify_all()  # another one is first now

    def free(self, holder: WorkerProcess) -> None:
        """Give the slot of `holder` to the next, if it has one."""
        with self._changed:
            if holder in self._holders:
                self._holders.remove(holder)
                self._free += 1
                self._changed.notify_all()
