"""Evaluations wait for a slot: no more run at one time than the machine has vCPUs for."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from job import Job
from model_server import ModelServer, Reply, program

from openevolve_runner import slots as slots_module
from openevolve_runner.slots import EvaluationSlots

# Notes when an evaluation begins and ends, as evolved code cannot spoil it.
TIMED = """
import importlib.util, os, signal, time

def note(what):
    with open({notes!r}, "a") as file:
        file.write(f"{{time.monotonic()}} {{what}}\\n")

def evaluate(path):
    spec = importlib.util.spec_from_file_location("candidate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    value = module.value()
    note(1)
    if value == "dies":
        note(-1)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep({seconds} if value != "hangs" else 6)
    note(-1)
    return {{"combined_score": float(value)}}
"""


def timed(job: Job, seconds: float) -> None:
    job.evaluator = TIMED.format(notes=str(job.folder / "notes"), seconds=seconds)


def most_at_once(job: Job) -> int:
    lines = [line.split() for line in (job.folder / "notes").read_text().splitlines()]
    running, most = 0, 0
    for _, change in sorted((float(at), int(change)) for at, change in lines):
        running += change
        most = max(most, running)
    return most


@pytest.mark.parametrize("slots", [1, 2, 6])
def test_as_many_evaluations_run_at_one_time_as_there_are_slots(job: Job, slots: int) -> None:
    timed(job, 0.15)
    attempt = job.start(iterations=12, workers=6, evaluation_slots=slots)

    assert attempt.end() == 0
    assert attempt.of("finished")[0]["ledger"]["candidates"] == 12
    most = most_at_once(job)
    assert most == slots if slots < 6 else most > 2


def test_waiting_for_a_slot_is_not_the_evaluations_own_time(job: Job) -> None:
    timed(job, 0.4)
    job.config["evaluator"]["timeout"] = 1
    attempt = job.start(iterations=8, workers=8, evaluation_slots=1)

    assert attempt.end() == 0
    # The last of the first eight waits 2.8 s.
    assert attempt.of("finished")[0]["ledger"]["candidates"] == 8


def test_a_worker_that_dies_in_an_evaluation_frees_its_slot(job: Job, model: ModelServer) -> None:
    timed(job, 0.01)
    model.behave = lambda number: Reply(program("'dies'" if number == 2 else number))
    attempt = job.start(iterations=6, workers=3, evaluation_slots=1)

    assert attempt.end() == 0
    assert attempt.of("finished")[0]["ledger"]["candidates"] == 6
    assert "Worker process" in attempt.log.read_text()


def test_what_openevolve_gave_up_keeps_its_slot_until_it_is_gone(
    job: Job, model: ModelServer
) -> None:
    timed(job, 0.1)
    job.config["evaluator"]["timeout"] = 2
    model.behave = lambda number: Reply(program("'hangs'" if number == 1 else number))
    attempt = job.start(iterations=6, workers=3, evaluation_slots=1)

    assert attempt.end() == 0
    ledger = attempt.of("finished")[0]["ledger"]
    assert (ledger["done"], ledger["candidates"]) == (6, 5)
    notes = (job.folder / "notes").read_text().split()[1::2]
    assert notes.count("1") == notes.count("-1") + 1  # it was ended with its worker


class Waiting(threading.Thread):
    """Takes a slot for `holder`, and may be told to give up."""

    def __init__(self, slots: EvaluationSlots, holder: Any):
        super().__init__(daemon=True)
        self._slots = slots
        self._holder = holder
        self._gives_up = threading.Event()
        self.looked = threading.Event()
        self.has_one = threading.Event()
        self.start()

    def run(self) -> None:
        try:
            self._slots.take(self._holder, self._check)
        except TimeoutError:
            return
        self.has_one.set()

    def _check(self) -> None:
        self.looked.set()
        if self._gives_up.is_set():
            raise TimeoutError

    def give_up(self) -> None:
        self._gives_up.set()
        self.join(10)


def test_slots_are_given_in_turn_and_pass_over_who_gave_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots_module, "_LOOK_SECONDS", 0.01)
    slots = EvaluationSlots(1)
    holders: list[Any] = ["first", "second", "third", "fourth"]
    first = Waiting(slots, holders[0])
    assert first.has_one.wait(10)
    second = Waiting(slots, holders[1])
    assert second.looked.wait(10)
    third = Waiting(slots, holders[2])
    assert third.looked.wait(10)
    fourth = Waiting(slots, holders[3])
    assert fourth.looked.wait(10)

    second.give_up()
    assert not third.has_one.is_set()
    slots.free(holders[1])  # it has none to give
    assert not third.has_one.wait(0.05)
    slots.free(holders[0])
    assert third.has_one.wait(10) and not fourth.has_one.is_set()
    slots.free(holders[2])
    assert fourth.has_one.wait(10)
    slots.free(holders[3])
    assert Waiting(slots, holders[0]).has_one.wait(10)


def test_a_slot_that_comes_to_one_that_just_gave_up_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slots_module, "_LOOK_SECONDS", 0.01)
    slots = EvaluationSlots(1)
    holders: list[Any] = ["first", "second", "third"]
    slots.take(holders[0], lambda: None)

    def freed_while_it_gives_up() -> None:
        slots.free(holders[0])
        raise TimeoutError

    with pytest.raises(TimeoutError):
        slots.take(holders[1], freed_while_it_gives_up)
    assert Waiting(slots, holders[2]).has_one.wait(10)
