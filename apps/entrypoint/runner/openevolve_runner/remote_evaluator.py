"""The evaluation of the programs that a run begins with, in a worker like any other."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Callable, Optional

from openevolve_runner import worker
from openevolve_runner.call import Activity, Call, CallFailed
from openevolve_runner.errors import RunnerError, UnusableInputError, in_short
from openevolve_runner.executor import WorkerExecutor

_LOOK_SECONDS = 0.01


class RemoteEvaluator:
    """Stands where OpenEvolve's controller has its evaluator; no user code runs in the runner.

    What ends or wedges its workers here would do so in every iteration, so it ends the run.
    """

    def __init__(
        self,
        executor: WorkerExecutor,
        evaluator: Path,
        stage_seconds: float,
        on_evaluated: Callable[[float], None],
    ):
        self._on_evaluated = on_evaluated
        self._executor = executor
        self._evaluator = evaluator
        self._stage_seconds = stage_seconds
        self._artifacts: dict[str, dict[str, Any]] = {}

    async def load(self) -> None:
        """Raises UnusableInputError when the evaluator cannot be imported."""
        document = await self._answer(self._executor.submit(worker.load_evaluator))
        reason = document.get("unusable") or document.get("error")
        if reason:
            raise UnusableInputError(
                f"The evaluator {self._evaluator} cannot be used ({in_short(reason)}): correct it, "
                "or add what it imports to requirements.txt."
            )

    async def evaluate_program(self, code: str, program_id: str = "") -> dict[str, Any]:
        """Raises UnusableInputError when the evaluation does not end, or ends its process."""
        call = self._executor.submit(worker.evaluate, code, program_id)
        document = await self._answer(call)
        self._on_evaluated(call.clock.total(Activity.EVALUATION, call.clock.since))
        metrics: dict[str, Any] = document.get("metrics") or {"error": document.get("error")}
        if metrics.get("timeout") or document.get("hangs"):
            raise self._unusable(f"the evaluation did not return within {self._stage_seconds:g} s")
        self._artifacts[program_id] = document.get("artifacts") or {}
        return metrics

    def get_pending_artifacts(self, program_id: str) -> Optional[dict[str, Any]]:
        return self._artifacts.pop(program_id, None)

    async def _answer(self, call: Call) -> worker.Document:
        while not call.done():
            self._executor.tend()
            if self._executor.fault is not None:
                raise RunnerError(self._executor.fault)
            await asyncio.sleep(_LOOK_SECONDS)
        try:
            return call.result()
        except CallFailed as error:
            raise self._unusable(str(error)) from error

    def _unusable(self, reason: str) -> UnusableInputError:
        return UnusableInputError(
            f"The evaluator {self._evaluator} cannot be used with the first program ({reason}): "
            "correct the one that does this."
        )
