"""What a worker's result, or its failure, makes of an iteration."""

from __future__ import annotations

from typing import Any, Optional, Sequence

from openevolve.process_parallel import SerializableResult

from openevolve_runner.errors import in_short
from openevolve_runner.iteration import IterationReport, Verdict
from openevolve_runner.score import evaluation_failed, reported_metrics, score_of, storable_metrics


def report_result(
    iteration: int,
    result: SerializableResult,
    admitted: Optional[bool],
    problem: Optional[str],
    seconds: float,
    feature_dimensions: Sequence[str],
) -> IterationReport:
    """The report on a worker's result.

    `admitted` is what the population did with the child: took it, turned it down, or (None) could
    not even look at it, and then `problem` says why. `seconds` serves where OpenEvolve measured
    nothing, which is so for every failed iteration.
    """
    usage = result.token_usage or {}
    seconds = result.iteration_time or seconds
    tokens = (usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0)
    child = result.child_program_dict
    if result.error or not child or admitted is None:
        return IterationReport(
            iteration,
            Verdict.FAILED,
            seconds,
            prompt_tokens=tokens[0],
            completion_tokens=tokens[1],
            error=in_short(result.error or problem or "OpenEvolve made no program"),
        )
    metrics = storable_metrics(child["metrics"])
    failed = evaluation_failed(metrics)
    error = None
    if failed:
        error = _evaluation_error(metrics, result.artifacts or {})
    elif not admitted:
        error = "The population turned the program down: it is too close to one that it has."
    return IterationReport(
        iteration,
        Verdict.UNSCORED if failed else Verdict.CANDIDATE,
        seconds,
        id=child["id"],
        parent=result.parent_id,
        island=result.target_island,
        score=score_of(metrics, feature_dimensions),
        metrics=reported_metrics(metrics),
        prompt_tokens=tokens[0],
        completion_tokens=tokens[1],
        error=error,
    )


def _evaluation_error(metrics: dict[str, Any], artifacts: dict[str, Any]) -> str:
    if metrics.get("timeout"):
        return "The evaluation timed out."
    detail = metrics["error"] if isinstance(metrics["error"], str) else artifacts.get("stderr")
    return in_short(f"The evaluation failed: {detail}" if detail else "The evaluation failed.")
