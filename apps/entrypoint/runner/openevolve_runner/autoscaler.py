"""Measures what workers do, has as many of them as the machine bears, and tells both."""

from __future__ import annotations

import time
from collections import deque
from statistics import mean, median
from typing import Any, Optional

from openevolve_runner.autoscaling_policy import Bounds, Observed, next_size, plan
from openevolve_runner.call import Activity, Call
from openevolve_runner.executor import WorkerExecutor
from openevolve_runner.process_use import MemoryUse, cpu_seconds, memory_of

_TICK_SECONDS = 1.0
REPORT_SECONDS = 5.0
_REMEMBERED_CALLS = 64
_RATE_SECONDS = 300.0
_MEMORY_SAMPLES = 2  # looking into a process costs some milliseconds


class Autoscaler:
    """`take` it every call whose result is taken, and call `report` all the time.

    `held_calls` has what the gateway told last: how many calls wait in it, because the provider
    asked to wait.
    """

    def __init__(self, bounds: Bounds, executor: WorkerExecutor, held_calls: deque[int]):
        self._bounds = bounds
        self._executor = executor
        self._held_calls = held_calls
        self._began = self._ticked = self._reported = time.monotonic()
        self._calls: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED_CALLS)
        self._candidates: deque[float] = deque()
        self._first_evaluation: Optional[float] = None
        self._model_calls: Optional[int] = None
        self._out_of_memory_at: Optional[int] = None
        self._memory_kills = executor.memory_kills()
        self._limited_by = "workers" if bounds.workers is not None else "model"
        self._cpu = (self._began, cpu_seconds(()))

    def take(self, call: Call, *, candidate: bool) -> None:
        """The result of an iteration is taken."""
        now = time.monotonic()
        clock = call.clock
        self._calls.append(
            (clock.total(Activity.MODEL, clock.since), clock.total(Activity.EVALUATION, clock.since))
        )
        if candidate:
            self._candidates.append(now)

    def evaluated(self, seconds: float) -> None:
        """The program that the run begins with was evaluated."""
        self._first_evaluation = seconds

    def _learn_rate_limit(self, calls: int) -> None:
        """Fewer workers than asked by what was held; then more, a few at a time."""
        asking = self._count(Activity.MODEL)
        if calls > 0:
            self._model_calls = max(1, asking - calls)
        elif self._model_calls is not None and asking >= self._model_calls:
            self._model_calls += max(1, self._model_calls // 8)
            if self._model_calls > self._bounds.most:
                self._model_calls = None

    def report(self) -> Optional[dict[str, Any]]:
        """Adapt the number of workers; returns how things go, when it is time to tell it."""
        now = time.monotonic()
        if now - self._ticked < _TICK_SECONDS:
            return None
        self._ticked = now
        self._measure_memory()
        while self._held_calls:
            self._learn_rate_limit(self._held_calls.popleft())
        kills = self._executor.memory_kills()
        if kills > self._memory_kills:
            self._memory_kills = kills
            self._out_of_memory_at = self._executor.size
        planned = plan(self._bounds, self._observed(now))
        self._limited_by = planned.limited_by
        self._executor.size = next_size(self._executor.size, planned)
        if now - self._reported < REPORT_SECONDS:
            return None
        self._reported = now
        return self._throughput(now)

    def _observed(self, now: float) -> Observed:
        model, evaluation = self._means(now)
        return Observed(
            model,
            evaluation,
            self._worker_mib(),
            self._evaluations_mib(),
            self._out_of_memory_at,
            self._model_calls,
        )

    def _means(self, now: float) -> tuple[Optional[float], Optional[float]]:
        """Seconds of an iteration with the model, and in its evaluation.

        While few are finished, what runs has its say: a slow model shows long before it answers.
        """
        waiting = [
            now - clock.since
            for clock in self._executor.clocks()
            if clock.activity is Activity.MODEL
        ]
        waited = mean(waiting) if waiting else None
        if not self._calls:
            return waited, self._first_evaluation
        model = mean(model for model, _ in self._calls)
        evaluation = mean(evaluation for _, evaluation in self._calls)
        if len(self._calls) < self._executor.size:
            model = max(model, waited or 0.0)
        return model, evaluation

    def _measure_memory(self) -> None:
        """Look at some of the workers that wait, and have evaluated before."""
        waiting = [
            process
            for process in self._executor.processes()
            if process.calls > 0
            and (process.clock is None or process.clock.activity is Activity.MODEL)
            and self._ticked - process.measured >= REPORT_SECONDS
        ]
        waiting.sort(key=lambda process: process.measured)
        for process in waiting[:_MEMORY_SAMPLES]:
            process.measured = self._ticked
            process.memory = memory_of(process.pid)

    def _memory(self) -> list[MemoryUse]:
        known = (process.memory for process in self._executor.processes())
        return [memory for memory in known if memory is not None]

    def _worker_mib(self) -> Optional[float]:
        known = self._memory()
        return mean(memory.now for memory in known) if known else None

    def _evaluations_mib(self) -> float:
        """One slot with what the greediest candidate took, the others with what is usual."""
        known = [memory.most - memory.now for memory in self._memory()]
        return max(known) + (self._bounds.slots - 1) * median(known) if known else 0.0

    def _count(self, *activities: Activity) -> int:
        return sum(clock.activity in activities for clock in self._executor.clocks())

    def _throughput(self, now: float) -> dict[str, Any]:
        while self._candidates and now - self._candidates[0] > _RATE_SECONDS:
            self._candidates.popleft()
        window = min(now - self._began, _RATE_SECONDS)
        before, used = self._cpu
        processes = self._executor.processes()
        self._cpu = (now, cpu_seconds(process.pid for process in processes))
        model, evaluation = self._means(now)
        return {
            "workers": self._executor.size,
            "limited_by": self._limited_by,
            "slots": self._bounds.slots,
            "model": self._count(Activity.MODEL),
            "waiting": self._count(Activity.SLOT),
            "evaluating": self._count(Activity.EVALUATION, Activity.IMPORT),
            "candidates_per_hour": len(self._candidates) / window * 3600,
            "model_seconds": model,
            "evaluation_seconds": evaluation,
            "worker_mib": self._worker_mib(),
            "vcpus_used": max(0.0, self._cpu[1] - used) / (now - before),
        }
