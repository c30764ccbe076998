"""OpenEvolve's controller, under the runner's account, clock and checkpoints."""

from __future__ import annotations

import asyncio
import logging
import platform
import threading
import time
from collections import deque
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Optional

import openevolve.controller
import openevolve.evaluator
import openevolve.process_parallel
from openevolve.config import Config
from openevolve.controller import EvolutionFailedError, OpenEvolve
from openevolve.database import Program
from openevolve.process_parallel import ProcessParallelController

from openevolve_runner import artifacts
from openevolve_runner.autoscaler import Autoscaler
from openevolve_runner.checkpoint import CheckpointFolder
from openevolve_runner.early_stopping import EarlyStopping
from openevolve_runner.errors import RunnerError, UnsavedError, in_short
from openevolve_runner.evaluation import ContainedEvaluator
from openevolve_runner.events import Events
from openevolve_runner.executor import WorkerExecutor
from openevolve_runner.iteration import IterationReport, Verdict
from openevolve_runner.outcome import Outcome, decide_outcome, explain
from openevolve_runner.pool import WorkerPool
from openevolve_runner.population import Population
from openevolve_runner.remote_evaluator import RemoteEvaluator
from openevolve_runner.run_file import PROTOCOL, RunFile
from openevolve_runner.save_policy import SavePolicy
from openevolve_runner.score import evaluation_failed, scored_program
from openevolve_runner.slots import EvaluationSlots
from openevolve_runner.stop import StopRequest
from openevolve_runner.time_limits import time_limits

logger = logging.getLogger(__name__)

# How late a save may be. OpenEvolve's loop looks at its futures every 10 ms.
CLOCK_SECONDS = 0.05


class Evolution(OpenEvolve):
    """One attempt of a job: `evolve` it once.

    OpenEvolve runs as it is; this class says what happens when an iteration finished, and saves
    between two iterations, on the event loop's thread, so that a checkpoint is of one moment.
    """

    def __init__(
        self,
        run: RunFile,
        config: Config,
        events: Events,
        stop: StopRequest,
        save_request: threading.Event,
        held_calls: deque[int],
    ):
        # Workers are forked, so they find the evaluator under its own module's name.
        openevolve.evaluator.Evaluator = ContainedEvaluator
        limits = time_limits(config)
        self._executor = WorkerExecutor(
            run.bounds.first,
            self._initialize_worker,
            slots=EvaluationSlots(run.evaluation_slots),
            limits=run.worker_limits,
            time_limits=limits,
            calls_per_worker=config.max_tasks_per_child,
        )
        self._autoscaler = Autoscaler(run.bounds, self._executor, held_calls)
        self._remote = RemoteEvaluator(
            self._executor, run.evaluator, limits.stage_seconds, self._autoscaler.evaluated
        )
        openevolve.controller.Evaluator = lambda *_arguments, **_options: self._remote
        openevolve.controller.ProgramDatabase = partial(
            Population, stock_cache="diversity-cache" in run.stock
        )
        earlier = run.resume.early_stopping if run.resume else None
        self._early_stopping = (
            None if config.early_stopping_patience is None else EarlyStopping(config, earlier)
        )
        openevolve.controller.ProcessParallelController = partial(
            WorkerPool,
            stop=stop,
            grace_seconds=run.drain_grace_seconds,
            executor=self._executor,
            most_workers=run.bounds.most,
            ahead="in-flight" in run.stock,
            whole_snapshots="snapshots" in run.stock,
            early_stopping=self._early_stopping,
            on_taken=self._autoscaler.take,
            on_finished=self._finished,
        )
        super().__init__(str(run.program), str(run.evaluator), config, str(run.output))
        self._run = run
        self._events = events
        self._stop = stop
        self._save_request = save_request
        self._ledger = run.ledger
        self._policy = SavePolicy(run.save_interval_seconds, began=time.monotonic())
        self._folder = CheckpointFolder(
            run.checkpoints,
            self.database,
            self._save_into,
            artifacts_base=run.artifacts,
            newest=run.resume.checkpoint if run.resume else None,
        )
        self._saved = self._ledger.done if run.resume else None
        self._declared = False
        self._initial: Optional[dict[str, Any]] = None
        self._target_reached = False
        self._early_stopped = False
        self._last_error: Optional[str] = None

    async def evolve(self) -> Outcome:
        """Run what is left, save, and tell how it ended.

        Raises UnusableInputError when the evaluator cannot be used, and RunnerError when the
        checkpoint to resume from is damaged, or when the last checkpoint cannot be written.
        """
        resume = self._run.resume
        if resume and not resume.checkpoint.is_dir():  # OpenEvolve would begin anew
            raise RunnerError(
                f"The checkpoint {resume.checkpoint} does not exist: restore it first."
            )
        try:
            await self._remote.load()
            await self.run(
                iterations=self._ledger.left,
                target_score=self._run.target_score,
                checkpoint_path=resume and str(resume.checkpoint),
            )
        except EvolutionFailedError:
            # It speaks of this attempt; the ledger knows the whole job. `run` left out this step.
            self._save_best_program()
        finally:
            self._executor.terminate_workers()
        outcome = self._outcome()
        sentence = explain(
            outcome, self._ledger, fault=self._executor.fault, last_error=self._last_error
        )
        if sentence:
            self._events.problem("fatal", sentence)
        self._events.emit("finished", outcome=outcome.value, ledger=self._ledger.to_json())
        return outcome

    def abandon(self) -> None:
        """End all workers; a signal handler may call it."""
        self._executor.kill_workers()

    # What OpenEvolve calls

    async def _add_initial_program(
        self, code: str, iteration: int, target_island: Optional[int] = None
    ) -> Program:
        program = await super()._add_initial_program(code, iteration, target_island)
        if target_island is None:
            self._initial = self._scored(program)
        if evaluation_failed(program.metrics):
            name = "The initial program" if target_island is None else "A program of an island"
            self._events.problem(
                "warning",
                f"{name} could not be evaluated ({in_short(program.metrics)}); the log has the "
                "reason. The run goes on from it all the same.",
            )
        return program

    def _load_checkpoint(self, checkpoint_path: str) -> None:
        try:
            super()._load_checkpoint(checkpoint_path)
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise RunnerError(
                f"The checkpoint {checkpoint_path} cannot be loaded ({in_short(error)}): restore "
                "an older one."
            ) from error
        database = self.database
        if not any(database.islands) or database.best_program_id is None:
            raise RunnerError(
                f"The checkpoint {checkpoint_path} holds no population: restore an older one."
            )
        artifacts.restore(database.programs.values(), Path(checkpoint_path), self._run.artifacts)
        # OpenEvolve goes on from the number after this one.
        database.last_iteration = self._ledger.last_iteration
        first = [
            program
            for program in database.programs.values()
            if program.parent_id is None and program.code == self.initial_program_code
        ]
        if first:
            self._initial = self._scored(min(first, key=lambda program: program.timestamp))

    async def _run_evolution_with_checkpoints(
        self, start_iteration: int, max_iterations: int, target_score: Optional[float]
    ) -> None:
        self._stop.begin_evolution()
        self._events.emit(
            "started",
            protocol=PROTOCOL,
            openevolve=openevolve.__version__,
            python=platform.python_version(),
            workers=self._executor.size,
            ledger=self._ledger.to_json(),
            initial=self._initial,
            best=self._best(),
        )
        best = self._best()
        if best and best["iteration"] > 0 and self._reaches_target(best["metrics"]):
            self._target_reached = True  # in an earlier attempt
            max_iterations = 0
        if self._early_stopping is not None and self._early_stopping.reached:
            self._early_stopped = True
            max_iterations = 0
        evolving = asyncio.ensure_future(
            super()._run_evolution_with_checkpoints(start_iteration, max_iterations, target_score)
        )
        clock = asyncio.ensure_future(self._keep_time())
        try:
            await asyncio.wait({evolving, clock}, return_when=asyncio.FIRST_COMPLETED)
            if clock.done():  # it only ends by an error
                await clock
            await evolving
        finally:
            clock.cancel()
            evolving.cancel()
        pool = self.parallel_controller
        self._early_stopped = self._early_stopped or pool.early_stopping_triggered
        self._last_error = pool.last_iteration_error and in_short(pool.last_iteration_error)
        self._save_last()

    def _save_checkpoint(self, iteration: int) -> None:
        """Not OpenEvolve's way: in place, and not when the last iteration failed."""

    # What the runner does

    def _finished(self, report: IterationReport) -> None:
        """An iteration finished, and the population has decided about its program."""
        self._ledger = self._ledger.after(report)
        is_best = report.id is not None and report.id == self.database.best_program_id
        if report.verdict is Verdict.CANDIDATE and self._reaches_target(report.metrics or {}):
            self._target_reached = True
        self._events.emit(
            "iteration", **report.to_json(), is_best=is_best, ledger=self._ledger.to_json()
        )
        self._policy.new_best = self._policy.new_best or is_best
        self._save_if_due()
        self._adapt()

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(CLOCK_SECONDS)
            self._save_if_due()
            self._adapt()

    def _adapt(self) -> None:
        throughput = self._autoscaler.report()
        if throughput is not None:
            self._events.emit("throughput", **throughput)

    def _save_if_due(self) -> None:
        reason = self._policy.due(
            time.monotonic(),
            requested=self._save_request.is_set(),
            unsaved=self._ledger.done != self._saved,
        )
        if reason is None:
            return
        self._save_request.clear()  # a request that comes from now on wants another save
        self._policy.tried(time.monotonic())
        try:
            self._save(reason)
        except OSError as error:
            self._events.problem(
                "warning",
                f"A checkpoint could not be written to {self._run.output} ({error}); the next try "
                f"is in {self._run.save_interval_seconds:g} s. Check the free space there.",
            )

    def _save_last(self) -> None:
        reason = "stop" if self._outcome() is Outcome.INTERRUPTED else "end"
        try:
            if self._save_request.is_set():
                self._save("request")
            elif self._ledger.done != self._saved or (reason == "end" and not self._declared):
                self._save(reason)
        except OSError as error:
            raise UnsavedError(
                f"The last checkpoint could not be written to {self._run.output} ({error}): check "
                "the free space there. The job goes on from the checkpoint before."
            ) from error

    def _save(self, reason: str) -> None:
        label = f"checkpoint_{self._ledger.done}"
        path = self._folder.write(label, self._ledger.last_iteration)
        self._saved = self._ledger.done
        self._declared = True
        logger.info("Checkpoint %s is complete (%s)", path, reason)
        self._events.emit(
            "checkpoint",
            path=str(path),
            label=label,
            reason=reason,
            programs=len(self.database.programs),
            ledger=self._ledger.to_json(),
            initial=self._initial,
            best=self._best(),
            early_stopping=self._early_stopping and self._early_stopping.to_json(),
        )

    def _initialize_worker(self) -> None:
        """What a worker does first."""
        suffix = SimpleNamespace(file_suffix=self.config.file_suffix)
        config = ProcessParallelController._serialize_config(suffix, self.config)
        openevolve.process_parallel._worker_init(config, str(self._run.evaluator))

    def _save_into(self, folder: Path, iteration: int) -> Path:
        """OpenEvolve's own save, into another output folder."""
        output = self.output_dir
        self.output_dir = str(folder)
        try:
            super()._save_checkpoint(iteration)
        finally:
            self.output_dir = output
        return folder / "checkpoints" / f"checkpoint_{iteration}"

    def _outcome(self) -> Outcome:
        return decide_outcome(
            self._ledger,
            target_reached=self._target_reached,
            early_stopped=self._early_stopped,
            stop_requested=self._stop.requested,
        )

    def _reaches_target(self, metrics: dict[str, Any]) -> bool:
        """OpenEvolve's rule: only `combined_score` counts."""
        score, target = metrics.get("combined_score"), self._run.target_score
        return target is not None and isinstance(score, (int, float)) and score >= target

    def _best(self) -> Optional[dict[str, Any]]:
        best = self.database.get(self.database.best_program_id or "")
        return best and self._scored(best)

    def _scored(self, program: Program) -> dict[str, Any]:
        return scored_program(program, self.config.database.feature_dimensions)
