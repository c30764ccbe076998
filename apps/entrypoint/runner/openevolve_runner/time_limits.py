"""How long an evaluation, and an iteration as a whole, may take. All times are seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from openevolve.config import Config, LLMModelConfig

from openevolve_runner.evaluation import CASCADE_STAGES

# OpenEvolve's own limit comes first where it works: where evaluation lets other threads run.
EVALUATION_SLACK_SECONDS = 10.0
ITERATION_SLACK_SECONDS = 60.0
# OpenEvolve waits so long before it tries a failed evaluation again.
_RETRY_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class TimeLimits:
    """`iteration_seconds` is None where a person answers in the model's place."""

    stage_seconds: float
    iteration_seconds: Optional[float]

    def evaluation_seconds(self, stages: int) -> float:
        """The limit of one try at an evaluation: OpenEvolve's time-out is for each stage.

        >>> TimeLimits(stage_seconds=300, iteration_seconds=None).evaluation_seconds(stages=3)
        910.0
        """
        return self.stage_seconds * stages + EVALUATION_SLACK_SECONDS


class Watchdog:
    """Watches one call in a worker. Times are of one steady clock."""

    def __init__(self, limits: TimeLimits, began: float):
        self._limits = limits
        self._began = began
        self._stages = 0
        self._evaluation_began = began

    def waited(self, seconds: float) -> None:
        """The call waited for other evaluations: that is not its own time."""
        self._began += seconds

    def evaluation(self, stages: int, now: float) -> None:
        """An evaluation of so many stages begins, or (0) ended."""
        self._stages = stages
        self._evaluation_began = now

    def problem(self, now: float) -> Optional[str]:
        """What took too long, if something did.

        >>> watchdog = Watchdog(TimeLimits(stage_seconds=300, iteration_seconds=None), began=0)
        >>> watchdog.evaluation(stages=1, now=5)
        >>> watchdog.problem(now=315)
        >>> watchdog.problem(now=316)
        'the evaluation did not end within 310 s and was killed'
        """
        limits = self._limits
        limit = limits.evaluation_seconds(self._stages)
        if self._stages and now - self._evaluation_began > limit:
            return f"the evaluation did not end within {limit:g} s and was killed"
        iteration = limits.iteration_seconds
        if iteration is not None and now - self._began > iteration:
            return f"the worker process gave no answer within {iteration:g} s and was killed"
        return None


def time_limits(config: Config) -> TimeLimits:
    """The limits that follow from what OpenEvolve does with this config, retries included.

    An iteration asks one model, and then evaluates; with feedback, each try asks more models, one
    after the other.
    """
    evaluator = config.evaluator
    if config.llm.manual_mode:
        return TimeLimits(evaluator.timeout, iteration_seconds=None)
    stages = CASCADE_STAGES if evaluator.cascade_evaluation else 1
    evaluation = TimeLimits(evaluator.timeout, None).evaluation_seconds(stages)
    if evaluator.use_llm_feedback:
        evaluation += sum(map(_model_seconds, config.llm.evaluator_models))
    return TimeLimits(
        evaluator.timeout,
        max(map(_model_seconds, config.llm.models))
        + (evaluator.max_retries + 1) * (evaluation + _RETRY_PAUSE_SECONDS)
        + ITERATION_SLACK_SECONDS,
    )


def _model_seconds(model: LLMModelConfig) -> float:
    retries = model.retries or 0
    return (retries + 1) * (model.timeout or 0) + retries * (model.retry_delay or 0)
