"""As many workers as the machine is used fully with."""

from __future__ import annotations

import threading
import time
from collections import deque

import pytest
from job import Job, until
from model_server import ModelServer, Reply, program

from openevolve_runner.autoscaler import Autoscaler
from openevolve_runner import autoscaler
from openevolve_runner.autoscaling_policy import Bounds, Observed, Plan, next_size, plan
from openevolve_runner.call import Activity, Call, CallClock

MACHINE = Bounds(vcpus=8, slots=8, iterations=10_000, memory_mib=13_500)
HASTY = (
    ("autoscaler.py", "_TICK_SECONDS = 1.0", "_TICK_SECONDS = 0.1"),
    ("autoscaler.py", "REPORT_SECONDS = 5.0", "REPORT_SECONDS = 0.2"),
    ("autoscaler.py", "_REMEMBERED_CALLS = 64", "_REMEMBERED_CALLS = 8"),
)


def seen(model: float, evaluation: float, **others: float) -> Observed:
    return Observed(model, evaluation, 40.0, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("observed", "workers", "limited_by"),
    [
        (Observed(), 8, "model"),
        (Observed(model_seconds=5), 16, "model"),
        (seen(0.1, 1), 11, "evaluation"),
        (seen(20, 2), 110, "evaluation"),
        (seen(20, 0.2), 128, "model"),
        (seen(20, 2, evaluations_mib=12_000), 37, "memory"),
        (seen(20, 2, evaluations_mib=16_000), 8, "memory"),
        (seen(20, 2, out_of_memory_at=60), 45, "memory"),
        (seen(20, 2, model_calls=30), 30, "rate limit"),
        (seen(20, 2, model_calls=3), 8, "rate limit"),
    ],
    ids=str,
)
def test_the_number_of_workers_follows_from_what_is_scarce(
    observed: Observed, workers: int, limited_by: str
) -> None:
    planned = plan(MACHINE, observed)

    assert (planned.workers, planned.limited_by) == (workers, limited_by)


def test_few_iterations_are_not_all_begun_from_the_first_program() -> None:
    few = Bounds(vcpus=8, slots=8, iterations=100, memory_mib=None)

    assert plan(few, seen(20, 0.2)).workers == 16
    assert plan(few, seen(20, 0.2)).limited_by == "iterations"


def test_what_the_user_wants_stays() -> None:
    fixed = Bounds(vcpus=8, slots=8, iterations=10, memory_mib=100, workers=50)

    assert plan(fixed, seen(0.1, 50)).workers == fixed.first == fixed.most == 50


def test_small_changes_downwards_are_not_followed() -> None:
    planned = [Plan(workers, "evaluation", within_memory=10) for workers in (11, 9, 6, 5)]

    assert [next_size(10, plan) for plan in planned] == [11, 10, 10, 5]


@pytest.mark.parametrize("scarce", ["memory", "evaluation"])
def test_what_memory_does_not_bear_is_followed_at_once(scarce: str) -> None:
    evaluation = 2 if scarce == "memory" else 6
    planned = plan(MACHINE, seen(20, evaluation, out_of_memory_at=60))

    assert planned.limited_by == scarce and planned.within_memory == 45
    assert next_size(60, planned) == 45
    assert next_size(46, planned) == 46  # it varies that much


class Busy:
    """Stands for an executor all of whose workers wait for the model."""

    def __init__(self, size: int):
        self.size = size
        self.kills = 3

    def memory_kills(self) -> int:
        return self.kills

    def processes(self) -> list[object]:
        return []

    def clocks(self) -> list[CallClock]:
        return [CallClock(time.monotonic())] * self.size


def test_calls_that_the_gateway_holds_back_need_no_worker() -> None:
    workers = Busy(40)
    scaler = Autoscaler(MACHINE, workers, deque())  # type: ignore[arg-type]

    def bound() -> object:
        return scaler._observed(time.monotonic()).model_calls

    scaler._learn_rate_limit(10)
    assert bound() == 30
    workers.size = 30
    scaler._learn_rate_limit(0)
    assert bound() == 33
    while bound() is not None:  # the provider bears all of them again
        workers.size = int(str(bound()))
        scaler._learn_rate_limit(0)


def test_a_kill_for_memory_of_what_an_evaluator_started_lowers_the_number_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(autoscaler, "_TICK_SECONDS", 0)
    workers = Busy(128)
    scaler = Autoscaler(MACHINE, workers, deque())  # type: ignore[arg-type]
    call = Call()
    call.clock.enter(Activity.EVALUATION, 20.0)
    call.clock.enter(Activity.MODEL, 20.2)
    scaler.take(call, candidate=True)

    scaler.report()
    assert workers.size == 128
    workers.kills += 1
    scaler.report()
    scaler.report()
    assert workers.size == 96


def test_workers_are_added_while_the_model_is_slow_and_retired_when_it_is_not(
    job: Job, model: ModelServer
) -> None:
    asking, most, lock = 0, 0, threading.Lock()

    def behave(number: int) -> Reply:
        nonlocal asking, most
        slow = number <= 40
        with lock:
            asking += 1
            most = max(most, asking)
        time.sleep(0.8 if slow else 0)
        with lock:
            asking -= 1
        return Reply(program(number))

    model.behave = behave
    job.evaluator = job.evaluator.replace("    return {", "    import time; time.sleep(0.05)\n    return {")
    attempt = job.start(
        iterations=100,
        workers="auto",
        vcpus=1,
        evaluation_slots=1,
        runner=job.altered(*HASTY),
    )
    assert attempt.end() == 0

    sizes = [event["workers"] for event in attempt.of("throughput")]
    assert attempt.of("started")[0]["workers"] == 1
    assert max(sizes) >= 6 and most >= 6
    assert sizes[-1] < max(sizes)
    assert attempt.of("finished")[0]["ledger"]["candidates"] == 100
    told = attempt.of("throughput")[-1]
    assert told["candidates_per_hour"] > 1000 and told["worker_mib"] > 5
    assert told["evaluation_seconds"] >= 0.05
    assert max(event["vcpus_used"] for event in attempt.of("throughput")) > 0.01
    assert told["model"] + told["waiting"] + told["evaluating"] <= max(sizes)


def test_what_the_gateway_holds_back_is_not_asked_by_more_workers(
    job: Job, model: ModelServer
) -> None:
    model.behave = lambda number: Reply(program(number), 1)
    attempt = job.start(iterations=200, workers="auto", vcpus=1, runner=job.altered(*HASTY))
    assert until(lambda: any(event["workers"] >= 8 for event in attempt.of("throughput")))
    attempt.command('{"command": "held", "calls": 4}')
    limited = attempt.wait_for("throughput", limited_by="rate limit")
    attempt.command('{"command": "stop"}')

    assert attempt.end() == 75
    assert limited["workers"] <= 16


def test_a_number_of_workers_that_was_asked_for_is_kept(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(number), 0.3)
    attempt = job.start(iterations=12, workers=3, runner=job.altered(*HASTY))
    assert attempt.end() == 0

    assert {event["workers"] for event in attempt.of("throughput")} == {3}
    assert attempt.of("throughput")[-1]["limited_by"] == "workers"
