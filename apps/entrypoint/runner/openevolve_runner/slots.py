"""Slots for evaluations: no more run at one time than the machine has vCPUs for."""

from __future__ import annotations

import threading
from collections import deque
from typing import Callable

from openevolve_runner.worker_process import WorkerProcess

_LOOK_SECONDS = 0.5


class EvaluationSlots:
    """`size` slots, first come, first served; a worker holds at most one.

    Workers do not hold them themselves: the thread that attends to a worker takes a slot for it,
    and frees it when the worker is gone with all that it started. So no kill loses a slot, and
    evolved code can keep none longer than its worker lives.

    A slot goes from hand to hand, and wakes nobody but the thread that gets it.
    """

    def __init__(self, size: int):
        self._free = size
        self._holders: set[WorkerProcess] = set()
        self._waiting: deque[tuple[WorkerProcess, threading.Event]] = deque()
        self._lock = threading.Lock()

    def take(self, holder: WorkerProcess, check: Callable[[], None]) -> None:
        """Wait for a slot; returns at once when `holder` has one. `check` may raise to give up."""
        turn = threading.Event()
        with self._lock:
            if holder in self._holders:
                return
            if self._free:
                self._free -= 1
                self._holders.add(holder)
                return
            self._waiting.append((holder, turn))
        try:
            while not turn.wait(_LOOK_SECONDS):
                check()
        except BaseException:
            with self._lock:
                if (holder, turn) in self._waiting:
                    self._waiting.remove((holder, turn))
            self.free(holder)  # it may have got one meanwhile
            raise

    def free(self, holder: WorkerProcess) -> None:
        """Give the slot of `holder` to the next, if it has one."""
        with self._lock:
            if holder not in self._holders:
                return
            self._holders.remove(holder)
            if self._waiting:
                following, turn = self._waiting.popleft()
                self._holders.add(following)
                turn.set()
            else:
                self._free += 1
