"""OpenEvolve's process pool, with a true account of every iteration and an orderly end."""

from __future__ import annotations

import time
from typing import Any, Callable, Optional

from openevolve.process_parallel import ProcessParallelController, SerializableResult

from openevolve_runner.classify import report_result
from openevolve_runner.early_stopping import EarlyStopping
from openevolve_runner.executor import Call, CallFailed, WorkerExecutor
from openevolve_runner.iteration import IterationReport
from openevolve_runner.population import Population
from openevolve_runner.score import storable_metrics
from openevolve_runner.stop import StopRequest

# What the gateway answers when the job ends: see llm-gateway's JOB_ENDING_MESSAGE.
JOB_ENDING = "openevolve-aws: the job is ending"


class IterationFuture:
    """One iteration as `run_evolution` sees it; tells the pool when its result is taken."""

    def __init__(self, pool: WorkerPool, iteration: int, call: Call):
        self._pool = pool
        self._call = call
        self.iteration = iteration

    @property
    def seconds(self) -> float:
        """How long a worker was busy with it."""
        return self._call.seconds

    def done(self) -> bool:
        """Whether there is a result to take; there is none of one that was cancelled or taken back."""
        self._pool.settle()
        return self._call.done() and not self._call.cancelled() and not self.taken_back

    @property
    def taken_back(self) -> bool:
        """Whether the model was not asked any more, since the job ends: it is neither done nor failed."""
        if not self._call.done() or self._call.cancelled():
            return False
        return JOB_ENDING in (self.outcome().error or "")

    def cancelled(self) -> bool:
        return self._call.cancelled()

    def result(self, timeout: Optional[float] = None) -> SerializableResult:
        """The result. Whatever became of its workers fails the iteration, and not the run."""
        self._pool.take(self)
        return self.outcome()

    def outcome(self) -> SerializableResult:
        """The result of an iteration that is done."""
        try:
            return SerializableResult(**{"iteration": self.iteration, **self._call.result(0)})
        except CallFailed as failure:
            return SerializableResult(iteration=self.iteration, error=str(failure))
        except TypeError:
            return SerializableResult(
                iteration=self.iteration, error="the worker process sent no result of an iteration"
            )

    def cancel(self) -> bool:
        return self._call.cancel()


class Drain:
    """Stands where OpenEvolve has its shutdown event, and is set when the run may really end.

    After a request to stop, or when workers keep dying, that is when every finished result is
    taken, and nothing runs any more or the grace is over. OpenEvolve's own event would drop results
    that are paid for.
    """

    def __init__(self, pool: WorkerPool, stop: StopRequest, grace_seconds: float):
        self._pool = pool
        self._stop = stop
        self._grace_seconds = grace_seconds
        self._began: Optional[float] = None
        self._ended = False

    def set(self) -> None:
        self._ended = True

    def is_set(self) -> bool:
        dying = self._pool.fault is not None
        if self._ended or not (self._stop.requested or dying):
            return self._ended
        if self._began is None:
            self._began = time.monotonic()
            for future in self._pool.in_flight:
                future.cancel()  # only what no worker has begun
        running = [
            future
            for future in self._pool.in_flight
            if not future.cancelled() and not future.taken_back
        ]
        if any(future.done() for future in running):
            return False
        told = self._stop.grace_seconds
        grace = self._grace_seconds if told is None else told
        return not running or dying or time.monotonic() >= self._began + grace


class WorkerPool(ProcessParallelController):
    """Reports every finished iteration exactly once, when the population has decided about it.

    `run_evolution` takes a result and deals with it without giving way, so the iteration is over
    at the next sign of life from that loop, whichever of its many paths it took: the next look at
    a future, the next submission, or the end. `settle` is called there.
    """

    def __init__(
        self,
        *arguments: Any,
        stop: StopRequest,
        grace_seconds: float,
        executor: WorkerExecutor,
        early_stopping: Optional[EarlyStopping],
        on_finished: Callable[[IterationReport], None],
        **options: Any,
    ):
        super().__init__(*arguments, **options)
        if not isinstance(self.database, Population):
            raise TypeError("the runner's pool needs the runner's population")
        self.population = self.database
        self.stop_request = stop
        self.shutdown_event = Drain(self, stop, grace_seconds)
        self.in_flight: list[IterationFuture] = []
        self.early_stopping = early_stopping
        self._workers = executor
        self._on_finished = on_finished
        self._taken: Optional[IterationFuture] = None

    def start(self) -> None:
        self.stop_request.install()  # OpenEvolve has just put its own handlers there
        self.executor = self._workers

    @property
    def fault(self) -> Optional[str]:
        """Why workers cannot go on, if they keep dying."""
        return self._workers.fault

    def request_shutdown(self) -> None:
        self.stop_request.request()

    async def run_evolution(self, *arguments: Any, **options: Any) -> Any:
        try:
            return await super().run_evolution(*arguments, **options)
        finally:
            self.settle()

    def take(self, future: IterationFuture) -> None:
        """`run_evolution` takes this result now."""
        self.settle()
        self.in_flight.remove(future)
        self.population.begin_decisions()
        self._taken = future

    def settle(self) -> None:
        """Report the iteration whose result was taken last, if that is not done yet."""
        self._workers.tend()
        taken, self._taken = self._taken, None
        if taken is None:
            return
        report = self._report(taken)
        if self.early_stopping is not None and self.early_stopping.reached:
            self.early_stopping_triggered = True
            self.shutdown_event.set()
        self._on_finished(report)

    def _report(self, taken: IterationFuture) -> IterationReport:
        result = taken.outcome()
        child = result.child_program_dict
        admitted = self.population.decision(child["id"]) if child else None
        if self.early_stopping is not None and child and admitted:
            self.early_stopping.observe(storable_metrics(child["metrics"]))
        return report_result(
            taken.iteration,
            result,
            admitted=admitted,
            problem=self.last_iteration_error,
            seconds=taken.seconds,
            feature_dimensions=self.config.database.feature_dimensions,
        )

    def _checkpoint_if_due(self, *_arguments: Any, **_options: Any) -> None:
        """When to save is the runner's to decide, at `settle` and on its clock."""

    def _submit_iteration(
        self, iteration: int, island_id: Optional[int] = None
    ) -> Optional[IterationFuture]:
        self.settle()
        if self.shutdown_event.is_set() or self.stop_request.requested:
            return None
        call = super()._submit_iteration(iteration, island_id)
        if call is None:
            return None
        submitted = IterationFuture(self, iteration, call)
        self.in_flight.append(submitted)
        return submitted
