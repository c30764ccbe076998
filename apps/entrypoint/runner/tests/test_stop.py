"""Asking a run to stop: nothing that is finished is lost."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from job import Attempt, Event, Job, alive, population, until
from model_server import ModelServer, Reply, program

from openevolve_runner.pool import JOB_ENDING


def lost(attempt: Attempt, checkpoint: Event, resumed: set[str]) -> set[str]:
    """Programs that were there, are not in the checkpoint, and that OpenEvolve did not displace."""
    had = resumed | {event["id"] for event in attempt.of("iteration") if event["id"]}
    displaced = set(re.findall(r"Removed orphaned program (\S+)", attempt.log.read_text()))
    return had - displaced - population(checkpoint["path"]).keys()


def test_sigterm_at_random_moments_loses_no_finished_iteration(
    job: Job, model: ModelServer
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    plan = [(chance.random() < 0.15, chance.uniform(0.005, 0.08)) for _ in range(400)]

    def behave(number: int) -> Reply:
        fails, seconds = plan[number % len(plan)]
        return Reply(None if fails else program(number % 23), seconds)

    model.behave = behave
    job.config["log_level"] = "DEBUG"
    saved, resumed, done = None, set[str](), 0
    for kills_left in (2, 1, 0):
        attempt = job.start(
            45, saved, drain_grace_seconds=chance.choice([0, 3]), save_interval_seconds=0.2
        )
        if kills_left:
            attempt.wait_for("iteration", count=chance.randrange(3, 15))
            attempt.process.send_signal(signal.SIGTERM)
            assert attempt.end() == 75
            assert attempt.of("finished")[0]["outcome"] == "interrupted"
        else:
            assert attempt.end() == 0
        saved = attempt.of("checkpoint")[-1]
        done += len(attempt.of("iteration"))
        assert saved["ledger"] == attempt.of("finished")[0]["ledger"]
        assert saved["ledger"]["done"] == done
        assert lost(attempt, saved, resumed) == set()
        resumed = set(population(saved["path"]))
    numbers = [event["iteration"] for a in job.attempts for event in a.of("iteration")]
    assert len(numbers) == len(set(numbers)) == 45


def test_running_iterations_are_awaited_for_the_grace(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(number), 0.4)
    attempt = job.start(iterations=40)
    attempt.wait_for("iteration")
    attempt.command('{"command":"stop"}')

    assert attempt.end() == 75

    # Of two workers the other one, and at most one more iteration each.
    assert 2 <= len(attempt.of("iteration")) <= 4
    assert attempt.of("checkpoint")[-1]["reason"] == "stop"


def test_iterations_that_outlast_the_grace_are_given_up(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(number), 0 if number == 1 else 60)
    attempt = job.start(iterations=40, drain_grace_seconds=0.2)
    attempt.wait_for("iteration")
    workers = attempt.workers()
    began = time.monotonic()
    attempt.process.send_signal(signal.SIGINT)

    assert attempt.end() == 75

    assert time.monotonic() - began < 3
    assert attempt.of("finished")[0]["ledger"]["done"] == 1
    assert attempt.of("checkpoint")[-1]["label"] == "checkpoint_1"
    assert len(workers) == 2 and not any(alive(pid) for pid in workers)


def test_a_later_stop_shortens_the_grace_of_an_earlier_one(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(number), 0 if number == 1 else 60)
    attempt = job.start(iterations=40)
    attempt.wait_for("iteration")
    attempt.command('{"command":"stop","grace_seconds":50}')
    with pytest.raises(subprocess.TimeoutExpired):
        attempt.process.wait(timeout=1)
    began = time.monotonic()
    attempt.command('{"command":"stop","grace_seconds":0.2}')

    assert attempt.end() == 75

    assert time.monotonic() - began < 5
    assert attempt.of("finished")[0]["ledger"]["done"] == 1


def test_an_iteration_whose_call_was_taken_back_is_neither_done_nor_failed(
    job: Job, model: ModelServer
) -> None:
    asked: list[int] = []

    def behave(number: int) -> Reply:
        asked.append(number)
        return Reply(program(number)) if number <= 3 else Reply(None, error=f"{JOB_ENDING} now")

    model.behave = behave
    attempt = job.start(iterations=40)
    attempt.wait_for("iteration", count=3)
    assert until(lambda: len(asked) >= 5)
    attempt.command('{"command":"stop","grace_seconds":50}')

    assert attempt.end() == 75  # long before the grace is over

    finished = attempt.of("finished")[0]
    assert finished["ledger"]["done"] == len(attempt.of("iteration")) == 3
    assert finished["ledger"]["failed"] == 0
    assert attempt.of("checkpoint")[-1]["ledger"] == finished["ledger"]


@pytest.mark.parametrize("raises", [True, False])
def test_an_evaluation_whose_own_call_was_taken_back_does_not_count_against_its_program(
    job: Job, model: ModelServer, raises: bool
) -> None:
    mark = job.folder / "ending"
    refusal = f"Error code: 503 - {{'message': '{JOB_ENDING} now'}}"
    fails = (
        f"raise RuntimeError({refusal!r})" if raises else f"return {{'error': {refusal!r}}}"
    )
    job.evaluator = (
        "import pathlib, time\n\ndef evaluate(path):\n"
        f"    if pathlib.Path({str(mark)!r}).exists():\n        time.sleep(0.5)\n        {fails}\n"
        "    return {'combined_score': float(len(open(path).read()))}\n"
    )
    model.behave = lambda number: Reply(program(number), 0.1)
    attempt = job.start(iterations=400)
    attempt.wait_for("iteration", count=3)
    mark.touch()
    attempt.command('{"command":"stop","grace_seconds":50}')

    assert attempt.end() == 75

    ledger = attempt.of("finished")[0]["ledger"]
    assert ledger["done"] == ledger["candidates"] == len(attempt.of("iteration"))


def test_the_end_of_the_control_pipe_is_a_stop(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(number), 0.05)
    attempt = job.start(iterations=1000)
    attempt.wait_for("iteration", count=3)
    attempt.close_control()

    assert attempt.end() == 75
    last = attempt.of("checkpoint")[-1]
    assert last["reason"] == "stop"
    assert last["ledger"]["done"] == len(attempt.of("iteration"))


def test_a_reader_of_events_that_is_gone_is_a_stop(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(number), 0.05)
    attempt = job.start(iterations=1000, deaf=True)

    assert attempt.end() == 75


@pytest.mark.parametrize("how", ["signal", "command"])
def test_a_stop_before_the_evolution_ends_at_once(job: Job, how: str) -> None:
    mark = job.folder / "evaluating"
    job.evaluator = (
        f"import pathlib, time\npathlib.Path({str(mark)!r}).touch()\n"
        "def evaluate(path):\n    time.sleep(60)\n"
        if how == "command"
        else f"import pathlib, time\npathlib.Path({str(mark)!r}).touch()\ntime.sleep(60)\n"
    )
    attempt = job.start(iterations=3)
    assert until(mark.exists)
    if how == "signal":
        attempt.process.send_signal(signal.SIGTERM)
    else:
        attempt.command('{"command":"stop"}')

    assert attempt.end() == 75

    assert [event["event"] for event in attempt.events] == ["finished"]
    assert attempt.events[0]["outcome"] == "interrupted"


def test_a_stop_while_python_starts_is_not_a_crash(job: Job) -> None:
    attempt = job.start(iterations=3)
    # Handlers are the first thing: Linux shows them in the mask of caught signals.
    status = f"/proc/{attempt.process.pid}/status"

    def catches_sigterm() -> bool:
        caught = re.search(r"SigCgt:\s*([0-9a-f]+)", Path(status).read_text())
        return caught is not None and int(caught[1], 16) >> (signal.SIGTERM - 1) & 1 == 1

    assert until(catches_sigterm)
    attempt.process.send_signal(signal.SIGTERM)

    assert attempt.end() == 75


def test_a_stop_after_everything_is_done_is_not_an_interruption(
    job: Job, model: ModelServer
) -> None:
    attempt = job.start(iterations=2)
    attempt.wait_for("iteration", count=2)
    attempt.process.send_signal(signal.SIGTERM)

    assert attempt.end() == 0
    assert attempt.of("finished")[0]["outcome"] == "iterations"
