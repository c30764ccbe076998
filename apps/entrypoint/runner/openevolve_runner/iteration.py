"""What became of one iteration."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Optional


class Verdict(Enum):
    """How a finished iteration counts."""

    FAILED = "failed"  # no program
    UNSCORED = "unscored"  # a program whose evaluation failed
    CANDIDATE = "candidate"  # a program that was evaluated with success


@dataclass(frozen=True)
class IterationReport:
    """One finished iteration; `id` and what comes from a program are None when there is none."""

    iteration: int
    verdict: Verdict
    seconds: float
    id: Optional[str] = None
    parent: Optional[str] = None
    island: Optional[int] = None
    score: Optional[float] = None
    metrics: Optional[dict[str, Any]] = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    error: Optional[str] = None

    def to_json(self) -> dict[str, Any]:
        return {
            "iteration": self.iteration,
            "id": self.id,
            "parent": self.parent,
            "island": self.island,
            "score": self.score,
            "metrics": self.metrics,
            "seconds": self.seconds,
            "tokens": {"prompt": self.prompt_tokens, "completion": self.completion_tokens},
            "error": self.error,
        }
