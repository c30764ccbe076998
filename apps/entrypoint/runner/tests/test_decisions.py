"""The decisions that need no process: how an iteration counts, when to save, how a run ended."""

from __future__ import annotations

import json
import math
import pickle
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Optional

import pytest
from openevolve.config import Config, EvaluatorConfig, LLMModelConfig
from openevolve.process_parallel import SerializableResult

from openevolve_runner.channel import ChannelError, receive
from openevolve_runner.classify import report_result
from openevolve_runner.early_stopping import EarlyStopping
from openevolve_runner.call import Call
from openevolve_runner.iteration import IterationReport, Verdict
from openevolve_runner.ledger import Ledger
from openevolve_runner.memory import MemoryGroup
from openevolve_runner.outcome import Outcome, decide_outcome
from openevolve_runner.pool import Drain, IterationFuture
from openevolve_runner.save_policy import SavePolicy
from openevolve_runner.score import reported_metrics, score_of
from openevolve_runner.stop import StopRequest
from openevolve_runner.time_limits import TimeLimits, Watchdog, time_limits
from openevolve_runner.worker import decode


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


def test_a_report_is_small_however_much_an_evaluator_returns() -> None:
    metrics = {"stdout": "x" * 2_000_000, "y" * 100_000: [1] * 100_000}
    metrics |= {f"part_{number}": float(number) for number in range(20_000)}
    reported = reported_metrics(metrics | {"combined_score": 3.0})
    assert reported["combined_score"] == 3.0
    assert len(json.dumps(reported)) < 100_000
    texts = {f"text_{number}": "x" for number in range(200)}
    assert score_of(texts | {"speed": 2.0}, []) == 2.0


def test_tokens_of_a_failed_iteration_are_counted() -> None:
    failed = report(None, {}, error="no diff", token_usage={"prompt_tokens": 5})
    ledger = Ledger(asked=9, done=2, last_iteration=8).after(failed)

    assert (ledger.done, ledger.failed, ledger.prompt_tokens) == (3, 1, 5)
    assert ledger.last_iteration == 8  # iteration 7 came in after 8


def test_a_stop_waits_for_results_that_are_there_whatever_the_grace() -> None:
    stop = StopRequest(leave=lambda: None)
    pool = SimpleNamespace(in_flight=[], settle=lambda: None, fault=None, stop_request=stop)
    finished, running, queued = Call(b""), Call(b""), Call(b"")
    finished.set_result({})
    running.set_running_or_notify_cancel()
    pool.in_flight += [IterationFuture(pool, 1, call) for call in (finished, running, queued)]
    drain = Drain(pool, stop, grace_seconds=0)

    assert not drain.is_set()
    stop.request()
    assert not drain.is_set()  # a finished result is not taken yet
    assert queued.cancelled() and not running.cancelled()
    del pool.in_flight[0]
    assert drain.is_set()
    assert not Drain(pool, stop, grace_seconds=60).is_set()  # one still runs
    pool.fault = "workers keep dying"
    assert Drain(pool, stop, grace_seconds=60).is_set()  # it will not come back


def test_early_stopping_survives_a_score_without_bound() -> None:
    config = Config(early_stopping_patience=2, convergence_threshold=0.5)
    stopping = EarlyStopping(config, None)
    assert stopping.to_json() == {"bestScore": None, "iterationsWithoutImprovement": 0}
    for metrics in ({"combined_score": 10**400}, {"error": 0.0}, {}, {"combined_score": "high"}):
        stopping.observe(metrics)  # OpenEvolve counts none of these
    for score in (1.0, 1.4, math.inf):
        stopping.observe({"combined_score": score})
    saved = json.loads(json.dumps(stopping.to_json(), allow_nan=False))
    resumed = EarlyStopping(config, saved)
    resumed.observe({"combined_score": math.inf})
    resumed.observe({"combined_score": math.nan})

    assert saved["iterationsWithoutImprovement"] == 0
    assert resumed.reached and not stopping.reached


def test_event_based_early_stopping_waits_for_the_exact_score() -> None:
    stopping = EarlyStopping(Config(early_stopping_patience=-1, convergence_threshold=3), None)
    stopping.observe({"combined_score": 4.0})
    assert not stopping.reached
    stopping.observe({"a": 2.0, "b": 4.0})  # their average counts where there is no score
    assert stopping.reached


@pytest.mark.parametrize(
    ("groups", "folder", "names"),
    [
        ("0::/job\n", "job", ("memory.events", "memory.max")),
        ("0::/not/visible\n", "", ("memory.events", "memory.max")),
        (
            "4:cpu:/\n3:memory,misc:/job\n0::/\n",
            "memory/job",
            ("memory.oom_control", "memory.limit_in_bytes"),
        ),
    ],
)
def test_kills_for_memory_are_found_in_both_versions_of_cgroups(
    tmp_path: Path, groups: str, folder: str, names: tuple[str, str]
) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    events, limit = (tmp_path / folder / name for name in names)
    events.write_text("under_oom 0\noom_kill 2\n")
    limit.write_text(f"{5 << 20}\n")
    (tmp_path / "groups").write_text(groups)
    memory = MemoryGroup(tmp_path / "groups", tmp_path)

    assert not memory.ran_out()
    events.write_text("oom_kill 4\n")  # two workers at once
    assert [memory.ran_out() for _ in range(3)] == [True, True, False]
    assert memory.limit_mib() == 5
    limit.write_text("max\n")
    assert memory.limit_mib() is None


def test_memory_is_unknown_without_cgroups(tmp_path: Path) -> None:
    memory = MemoryGroup(tmp_path / "nothing", tmp_path)
    assert not memory.ran_out() and memory.limit_mib() is None


def test_time_limits_follow_from_what_openevolve_does() -> None:
    model = LLMModelConfig(timeout=60, retries=3, retry_delay=5)
    config = Config(max_tasks_per_child=None)
    config.llm.models = config.llm.evaluator_models = [model]
    config.evaluator = EvaluatorConfig(timeout=100, max_retries=1, cascade_evaluation=False)
    direct = time_limits(config)
    config.evaluator.use_llm_feedback = True
    with_feedback = time_limits(config)
    config.llm.manual_mode = True

    assert direct.evaluation_seconds(stages=1) == 110
    assert direct.iteration_seconds == (4 * 60 + 3 * 5) + 2 * (110 + 1) + 60
    assert with_feedback.iteration_seconds == direct.iteration_seconds + 2 * 255
    assert time_limits(config).iteration_seconds is None


def test_waiting_for_the_model_is_no_evaluation() -> None:
    watchdog = Watchdog(TimeLimits(stage_seconds=5, iteration_seconds=100), began=0)
    assert watchdog.problem(now=99) is None
    watchdog.evaluation(stages=3, now=50)
    assert watchdog.problem(now=75) is None
    assert watchdog.problem(now=75.1) is not None
    watchdog.evaluation(stages=0, now=75.2)
    assert watchdog.problem(now=99) is None
    assert "no answer within 100 s" in (watchdog.problem(now=101) or "")


def test_no_length_is_believed_and_nothing_is_unpickled() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"r" + b"\xff" * 8)
        with pytest.raises(ChannelError, match="no message"):
            receive(ours, limit=1000)
    for answer in (pickle.dumps({}), b"[1]", b"[" * 10**6, b"\xff"):
        with pytest.raises(ValueError):
            decode(answer)


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
