"""What evaluators return, made fit for JSON, and the score that OpenEvolve ranks by."""

from __future__ import annotations

import json
import math
from typing import Any, Mapping, Optional, Sequence, Union

from openevolve.database import Program
from openevolve.utils.metrics_utils import get_fitness_score

Scalar = Union[float, int, str, bool, None]

MOST_METRICS = 100
LONGEST_TEXT = 500


def storable_metrics(metrics: Mapping[Any, Any]) -> dict[str, Any]:
    """Metrics that OpenEvolve can save: it hands them to `json.dumps` as they are.

    numpy scalars become Python numbers, and what JSON does not know becomes text.
    """
    return {str(name): _storable(value) for name, value in metrics.items()}


def reported_metrics(metrics: Mapping[Any, Any]) -> dict[str, Scalar]:
    """Metrics for an event: scalars only, and null where a number is not finite.

    Every commit tells of its best program in an entry of bounded size, so there are at most
    `MOST_METRICS`, `combined_score` always among them, and long text is cut. Checkpoints hold all.
    """
    names = sorted(metrics, key=lambda name: name != "combined_score")[:MOST_METRICS]
    return {_cut(str(name)): _reported(metrics[name]) for name in names}


def score_of(metrics: Mapping[str, Any], feature_dimensions: Sequence[str]) -> Optional[float]:
    """OpenEvolve's own fitness, or None when the metrics hold no finite number.

    >>> score_of({"combined_score": 2, "speed": 9.0}, [])
    2.0
    >>> score_of({"error": "it crashed"}, []) is None
    True
    """
    if not any(_is_number(_reported(value)) for value in metrics.values()):
        return None
    score = get_fitness_score(dict(metrics), list(feature_dimensions))
    return score if math.isfinite(score) else None


def evaluation_failed(metrics: Mapping[str, Any]) -> bool:
    """OpenEvolve's own rule for an evaluation that gave no score (its early stopping uses it)."""
    return metrics.get("error") is not None or bool(metrics.get("timeout"))


def scored_program(program: Program, feature_dimensions: Sequence[str]) -> dict[str, Any]:
    """A program as events name it: id, iteration, score, metrics."""
    return {
        "id": program.id,
        "iteration": program.iteration_found,
        "score": score_of(program.metrics, feature_dimensions),
        "metrics": reported_metrics(program.metrics),
    }


def _storable(value: Any) -> Any:
    value = _native(value)
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return str(value)
    return value


def _reported(value: Any) -> Scalar:
    value = _native(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        try:
            return value if math.isfinite(value) else None
        except OverflowError:
            return None
    return _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _native(value: Any) -> Any:
    """A numpy scalar as the Python value it holds."""
    return value.item() if getattr(value, "ndim", None) == 0 else value


def _is_number(value: Scalar) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
