"""The decisions that need no process: how an iteration counts, when to save, how a run ended."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, Optional

import pytest
from openevolve.process_parallel import SerializableResult

from openevolve_runner.classify import report_result
from openevolve_runner.iteration import IterationReport, Verdict
from openevolve_runner.ledger import Ledger
from openevolve_runner.outcome import Outcome, decide_outcome
from openevolve_runner.pool import Drain, IterationFuture
from openevolve_runner.save_policy import SavePolicy
from openevolve_runner.stop import StopRequest


def report(admitted: Optional[bool], metrics: dict[str, Any], **fields: Any) -> IterationReport:
    result = SerializableResult(
        child_program_dict={"id": "child", "metrics": metrics}, parent_id="parent", **fields
    )
    return report_result(7, result, admitted, "no such feature", 1.5, ["speed"])


def test_a_program_that_the_population_turns_down_was_evaluated_all_the_same() -> None:
    turned_down = report(False, {"combined_score": 3.0})

    assert turned_down.verdict is Verdict.CANDIDATE
    assert (turned_down.id, turned_down.score) == ("child", 3.0)
    assert "turned the program down" in (turned_down.error or "")


def test_a_program_that_the_population_could_not_look_at_is_none() -> None:
    unplaced = report(None, {"combined_score": 3.0})

    assert unplaced.verdict is Verdict.FAILED
    assert (unplaced.id, unplaced.metrics, unplaced.error) == (None, None, "no such feature")


@pytest.mark.parametrize(
    ("metrics", "score", "verdict"),
    [
        ({"combined_score": 2, "a": 9.0}, 2.0, Verdict.CANDIDATE),
        ({"a": 1.0, "b": 3.0, "speed": 99.0}, 2.0, Verdict.CANDIDATE),
        ({"combined_score": float("inf")}, None, Verdict.CANDIDATE),
        ({"passed": True}, None, Verdict.CANDIDATE),
        ({"a": 10**400, "combined_score": 1.0}, 1.0, Verdict.CANDIDATE),
        ({"error": 0.0}, 0.0, Verdict.UNSCORED),
        ({"error": "it crashed"}, None, Verdict.UNSCORED),
        ({"a": 1.0, "timeout": True}, 1.0, Verdict.UNSCORED),
        ({"a": 1.0, "timeout": False}, 1.0, Verdict.CANDIDATE),
    ],
    ids=str,
)
def test_a_score_is_openevolves_own_and_never_infinite(
    metrics: dict[str, Any], score: Optional[float], verdict: Verdict
) -> None:
    scored = report(True, metrics)

    assert (scored.score, scored.verdict) == (score, verdict)


def test_tokens_of_a_failed_iteration_are_counted() -> None:
    failed = report(None, {}, error="no diff", token_usage={"prompt_tokens": 5})
    ledger = Ledger(asked=9, done=2, last_iteration=8).after(failed)

    assert (ledger.done, ledger.failed, ledger.prompt_tokens) == (3, 1, 5)
    assert ledger.last_iteration == 8  # iteration 7 came in after 8


def test_a_stop_waits_for_results_that_are_there_whatever_the_grace() -> None:
    stop = StopRequest(leave=lambda: None)
    pool = SimpleNamespace(in_flight=[], settle=lambda: None)
    finished, running, queued = Future[Any](), Future[Any](), Future[Any]()
    finished.set_result(SerializableResult())
    running.set_running_or_notify_cancel()
    pool.in_flight += [IterationFuture(pool, 1, future) for future in (finished, running, queued)]
    drain = Drain(pool, stop, grace_seconds=0)

    assert not drain.is_set()
    stop.request()
    assert not drain.is_set()  # a finished result is not taken yet
    assert queued.cancelled() and not running.cancelled()
    del pool.in_flight[0]
    assert drain.is_set()
    assert not Drain(pool, stop, grace_seconds=60).is_set()  # one still runs


def test_a_new_best_is_saved_at_once_but_not_every_second() -> None:
    policy = SavePolicy(interval_seconds=60, began=0)

    def due(now: float, requested: bool = False) -> Optional[str]:
        reason = policy.due(now, requested=requested, unsaved=True)
        if reason:
            policy.tried(now)
        return reason

    assert due(0) is None
    policy.new_best = True
    assert due(1) == "best"
    policy.new_best = True
    assert due(5.9) is None
    assert due(5.95, requested=True) == "request"  # it holds the best too
    policy.new_best = True
    assert due(6.1) is None
    assert due(11) == "best"
    assert due(70.9) is None and due(71) == "timer"


@pytest.mark.parametrize(
    ("done", "candidates", "target", "early", "stop", "outcome"),
    [
        (9, 1, False, False, True, Outcome.ITERATIONS),
        (9, 0, False, False, True, Outcome.NO_CANDIDATE),
        (9, 1, True, False, True, Outcome.TARGET),
        (5, 1, False, True, True, Outcome.EARLY_STOP),
        (5, 1, False, False, True, Outcome.INTERRUPTED),
        (5, 0, False, False, False, Outcome.SHORT),
    ],
)
def test_what_was_asked_for_goes_before_what_interrupted_it(
    done: int, candidates: int, target: bool, early: bool, stop: bool, outcome: Outcome
) -> None:
    ledger = Ledger(asked=9, done=done, candidates=candidates)
    assert outcome is decide_outcome(
        ledger, target_reached=target, early_stopped=early, stop_requested=stop
    )
