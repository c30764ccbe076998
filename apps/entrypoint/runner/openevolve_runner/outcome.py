"""How a run ended, and what that means for the job."""

from __future__ import annotations

from enum import Enum
from typing import Optional

from openevolve_runner.errors import DONE, GO_ON_LATER, NO_CANDIDATE
from openevolve_runner.ledger import Ledger


class Outcome(Enum):
    ITERATIONS = "iterations"
    TARGET = "target"
    EARLY_STOP = "early-stop"
    INTERRUPTED = "interrupted"
    SHORT = "short"
    NO_CANDIDATE = "no-candidate"

    @property
    def exit_code(self) -> int:
        if self in (Outcome.INTERRUPTED, Outcome.SHORT):
            return GO_ON_LATER
        return NO_CANDIDATE if self is Outcome.NO_CANDIDATE else DONE


def decide_outcome(
    ledger: Ledger, *, target_reached: bool, early_stopped: bool, stop_requested: bool
) -> Outcome:
    """The outcome of a run that came to its end.

    What the job asked for goes before what interrupted it: a job that is done is not run again.
    """
    if target_reached:
        return Outcome.TARGET
    if early_stopped:
        return Outcome.EARLY_STOP
    if ledger.left == 0:
        return Outcome.ITERATIONS if ledger.candidates > 0 else Outcome.NO_CANDIDATE
    return Outcome.INTERRUPTED if stop_requested else Outcome.SHORT


def explain(
    outcome: Outcome, ledger: Ledger, *, fault: Optional[str], last_error: Optional[str]
) -> Optional[str]:
    """The sentence for a person, where the outcome needs one."""
    because = f" Last error: {last_error}" if last_error else ""
    if outcome is Outcome.NO_CANDIDATE:
        return (
            f"None of the {ledger.done} iterations gave a program that could be evaluated: check "
            f"the model's replies and the evaluator, then submit the job again.{because}"
        )
    if outcome is Outcome.SHORT:
        cause = fault or f"OpenEvolve had no more iterations to run.{because}"
        return (
            f"The run ended after {ledger.done} of {ledger.asked} iterations, which are saved: "
            f"{cause}"
        )
    return None
