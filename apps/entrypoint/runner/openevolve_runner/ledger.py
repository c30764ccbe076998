"""What was asked, done and spent over all attempts of a job."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Mapping

from openevolve_runner.iteration import IterationReport, Verdict


@dataclass(frozen=True)
class Ledger:
    """The only source for what is left. Numbers of iterations are labels and never reused."""

    asked: int
    done: int = 0
    failed: int = 0
    candidates: int = 0
    last_iteration: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Ledger:
        return cls(
            asked=document["asked"],
            done=document["done"],
            failed=document["failed"],
            candidates=document["candidates"],
            last_iteration=document["lastIteration"],
            prompt_tokens=document["tokens"]["prompt"],
            completion_tokens=document["tokens"]["completion"],
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "asked": self.asked,
            "done": self.done,
            "failed": self.failed,
            "candidates": self.candidates,
            "lastIteration": self.last_iteration,
            "tokens": {"prompt": self.prompt_tokens, "completion": self.completion_tokens},
        }

    @property
    def left(self) -> int:
        return max(0, self.asked - self.done)

    def after(self, report: IterationReport) -> Ledger:
        """The ledger with one more finished iteration in it."""
        return replace(
            self,
            done=self.done + 1,
            failed=self.failed + (report.verdict is Verdict.FAILED),
            candidates=self.candidates + (report.verdict is Verdict.CANDIDATE),
            last_iteration=max(self.last_iteration, report.iteration),
            prompt_tokens=self.prompt_tokens + report.prompt_tokens,
            completion_tokens=self.completion_tokens + report.completion_tokens,
        )
