"""OpenEvolve's process pool, with a true account of every iteration and an orderly end."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, Callable, Optional

from openevolve import process_parallel
from openevolve.process_parallel import ProcessParallelController, SerializableResult

from openevolve_runner.classify import report_result
from openevolve_runner.early_stopping import EarlyStopping
from openevolve_runner.call import Call, CallFailed
from openevolve_runner.executor import WorkerExecutor
from openevolve_runner.island_turns import IslandTurns
from openevolve_runner.iteration import IterationReport, Verdict
from openevolve_runner.population import Population
from openevolve_runner.score import evaluation_failed, storable_metrics
from openevolve_runner.snapshot import Snapshot, Snapshots
from openevolve_runner.stop import StopRequest

# What the gateway answers when the job ends: see llm-gateway's JOB_ENDING_MESSAGE.
JOB_ENDING = "openevolve-aws: the job is ending"

# How late a stop or the end of a worker may be seen; a result is seen at once.
LOOK_SECONDS = 0.05


class IterationFuture:
    """One iteration as `run_evolution` sees it; tells the pool when its result is taken."""

    def __init__(self, pool: WorkerPool, iteration: int, call: Call):
        self._pool = pool
        self.call = call
        self.iteration = iteration

    @property
    def seconds(self) -> float:
        """How long a worker was busy with it."""
        return self.call.seconds

    def done(self) -> bool:
        """Whether there is a result to take; there is none of one that was cancelled or taken back."""
        self._pool.settle()
        return self.call.done() and not self.call.cancelled() and not self.taken_back

    @property
    def taken_back(self) -> bool:
        """Whether a model was not asked any more, since the job ends: it is neither done nor failed.

        An evaluator that asks one itself fails by it, and does not mean the program.
        """
        if not self.call.done() or self.call.cancelled():
            return False
        result = self.outcome()
        if JOB_ENDING in (result.error or ""):
            return True
        child = result.child_program_dict
        return (
            self._pool.stop_request.requested
            and child is not None
            and evaluation_failed(child["metrics"])
            and JOB_ENDING in f"{child['metrics']} {result.artifacts}"
        )

    def cancelled(self) -> bool:
        return self.call.cancelled()

    def result(self, timeout: Optional[float] = None) -> SerializableResult:
        """The result. Whatever became of its workers fails the iteration, and not the run."""
        self._pool.take(self)
        return self.outcome()

    def outcome(self) -> SerializableResult:
        """The result of an iteration that is done."""
        try:
            return SerializableResult(**{"iteration": self.iteration, **self.call.result(0)})
        except CallFailed as failure:
            return SerializableResult(iteration=self.iteration, error=str(failure))
        except TypeError:
            return SerializableResult(
                iteration=self.iteration, error="the worker process sent no result of an iteration"
            )

    def cancel(self) -> bool:
        return self.call.cancel()


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

    OpenEvolve submits twice as many iterations as it has workers, each with the parent of that
    moment. Here a submitted iteration only waits for its turn: island and parent are chosen when a
    worker is there for it, from all results so far; with `ahead` it is OpenEvolve's way.
    """

    def __init__(
        self,
        *arguments: Any,
        stop: StopRequest,
        grace_seconds: float,
        executor: WorkerExecutor,
        most_workers: int,
        ahead: bool,
        whole_snapshots: bool,
        early_stopping: Optional[EarlyStopping],
        on_taken: Callable[..., None],
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
        self._on_taken = on_taken
        self._on_finished = on_finished
        self._taken: Optional[IterationFuture] = None
        self._turns = IslandTurns(self.num_islands)
        self._queue: deque[tuple[int, Call]] = deque()
        self._begun: dict[int, int] = {}  # islands, by the number of the iteration
        self._beginning = Call()
        self._over = False
        self._snapshots = None if whole_snapshots else Snapshots(self.database, self.config.prompt)
        self._for_each_worker = 2 if ahead else 1
        # `run_evolution` submits 2 * num_workers // num_islands iterations for each island.
        self.num_islands = 1
        self.num_workers = most_workers if ahead else (most_workers + 1) // 2

    def start(self) -> None:
        self.stop_request.install()  # OpenEvolve has just put its own handlers there
        self.executor = SimpleNamespace(
            submit=self._send, terminate_workers=self._workers.terminate_workers
        )

    @property
    def fault(self) -> Optional[str]:
        """Why workers cannot go on, if they keep dying."""
        return self._workers.fault

    def request_shutdown(self) -> None:
        self.stop_request.request()

    async def run_evolution(self, *arguments: Any, **options: Any) -> Any:
        loop = asyncio.get_running_loop()
        answered = asyncio.Event()

        def tell() -> None:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(answered.set)

        async def until_an_answer(_seconds: float) -> None:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(answered.wait(), LOOK_SECONDS)
            answered.clear()

        # `run_evolution` sleeps between two looks at its futures, and workers would wait for it.
        process_parallel.asyncio = SimpleNamespace(**{**vars(asyncio), "sleep": until_an_answer})
        self._workers.on_answer = tell
        try:
            return await super().run_evolution(*arguments, **options)
        finally:
            process_parallel.asyncio = asyncio
            self._over = True
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
        if taken is not None:
            report = self._report(taken)
            if self.early_stopping is not None and self.early_stopping.reached:
                self.early_stopping_triggered = True
                self._over = True
                self.shutdown_event.set()
            self._turns.end(self._begun.pop(taken.iteration))
            self._on_taken(taken.call, candidate=report.verdict is Verdict.CANDIDATE)
            self._begin()  # before what takes long
            self._on_finished(report)
        self._begin()

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
        call = Call()
        submitted = IterationFuture(self, iteration, call)
        self._queue.append((iteration, call))
        self.in_flight.append(submitted)
        self._begin()
        return submitted

    def _begin(self) -> None:
        """Choose island and parent of as many iterations as there are workers for."""
        while self._queue and len(self._begun) < self._workers.size * self._for_each_worker:
            if self._over or self.stop_request.requested:
                return
            iteration, call = self._queue.popleft()
            if call.cancelled():
                continue
            island = self._turns.begin()
            self._begun[iteration] = island
            self._beginning = call
            if super()._submit_iteration(iteration, island) is None:
                call.set_result({"error": "OpenEvolve could not begin it; the log has the reason"})

    def _create_database_snapshot(self) -> Snapshot:
        """For a pruned one, parent and inspirations must be known: see `_send`."""
        return super()._create_database_snapshot() if self._snapshots is None else {}

    def _send(
        self,
        function: Callable[..., Any],
        iteration: int,
        snapshot: Snapshot,
        parent_id: str,
        inspiration_ids: list[str],
    ) -> Call:
        """Where OpenEvolve's `_submit_iteration` submits what it has chosen."""
        if self._snapshots is not None:
            snapshot |= self._snapshots.for_iteration(parent_id, inspiration_ids)
        self._workers.begin(
            self._beginning, function, iteration, snapshot, parent_id, inspiration_ids
        )
        return self._beginning
