"""One call in a worker, and where its time goes. All times are seconds of one steady clock."""

from __future__ import annotations

from concurrent.futures import Future
from enum import Enum
from typing import Any


class Activity(Enum):
    """What a call does at a moment."""

    MODEL = "model"  # what is not one of the others is nearly all waiting for the model
    SLOT = "slot"  # waiting until an evaluation may begin
    IMPORT = "import"  # of the evaluator
    EVALUATION = "evaluation"


class CallClock:
    """
    >>> clock = CallClock(now=0)
    >>> clock.enter(Activity.EVALUATION, now=5)
    >>> clock.enter(Activity.MODEL, now=7)
    >>> clock.total(Activity.MODEL, now=8), clock.total(Activity.EVALUATION, now=8)
    (6.0, 2.0)
    """

    def __init__(self, now: float):
        self.activity = Activity.MODEL
        self.since = now  # when the activity began
        self._before = dict.fromkeys(Activity, 0.0)

    def enter(self, activity: Activity, now: float) -> None:
        self._before[self.activity] += now - self.since
        self.since = now
        self.activity = activity

    def total(self, activity: Activity, now: float) -> float:
        """How long it did this, until `now`."""
        return self._before[activity] + (now - self.since if activity is self.activity else 0.0)


class CallFailed(Exception):
    """A call has no answer: it ended its workers, or took too long."""


class Call(Future[dict[str, Any]]):
    """One call of a function in a worker.

    `seconds`: how long its last try ran; `clock`: where that time went.
    """

    def __init__(self, message: bytes = b""):
        super().__init__()
        self.message = message
        self.deaths = 0
        self.seconds = 0.0
        self.clock = CallClock(0.0)
