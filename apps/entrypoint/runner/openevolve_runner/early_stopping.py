"""OpenEvolve's early stopping, counted over all attempts: its own count begins anew with each.

Both count side by side. OpenEvolve's best score is never better than this one, so what improves on
this improves on that too, and its count never comes first.
"""

from __future__ import annotations

import math
import sys
from typing import Any, Mapping, Optional

from openevolve.config import Config
from openevolve.utils.metrics_utils import safe_numeric_average

from openevolve_runner.score import evaluation_failed

# JSON has no infinity.
_INFINITY = sys.float_info.max


class EarlyStopping:
    """The rule of OpenEvolve's `run_evolution`. `reached`: the run ends here.

    >>> config = Config(early_stopping_patience=1)
    >>> stopping = EarlyStopping(config, {"bestScore": 4.0, "iterationsWithoutImprovement": 0})
    >>> stopping.observe({"combined_score": 4.0})
    >>> stopping.reached, stopping.to_json()
    (True, {'bestScore': 4.0, 'iterationsWithoutImprovement': 1})
    """

    def __init__(self, config: Config, earlier: Optional[Mapping[str, Any]]):
        self._metric = config.early_stopping_metric
        self._threshold = config.convergence_threshold
        self._patience = config.early_stopping_patience or 0
        self._solved = False
        self._best = -math.inf
        self._without_improvement = 0
        if earlier is not None:
            best = earlier["bestScore"]
            if best is not None:
                self._best = math.inf if best >= _INFINITY else best
            self._without_improvement = earlier["iterationsWithoutImprovement"]

    @property
    def reached(self) -> bool:
        if self._patience > 0:
            return self._without_improvement >= self._patience
        return self._solved

    def observe(self, metrics: Mapping[str, Any]) -> None:
        """Count a program that the population has taken in."""
        if not metrics or evaluation_failed(metrics):
            return
        score = metrics.get(self._metric)
        if self._metric not in metrics:
            score = safe_numeric_average(dict(metrics))
        if not isinstance(score, (int, float)):
            return
        if self._patience <= 0:
            self._solved = self._solved or score == self._threshold
            return
        try:
            improved = score > self._best and score - self._best >= self._threshold
        except OverflowError:  # OpenEvolve fails at it too, and does not count it
            return
        if improved:
            self._best = score
            self._without_improvement = 0
        else:
            self._without_improvement += 1

    def to_json(self) -> dict[str, Any]:
        known = self._best > -math.inf
        return {
            "bestScore": min(self._best, _INFINITY) if known else None,
            "iterationsWithoutImprovement": self._without_improvement,
        }
