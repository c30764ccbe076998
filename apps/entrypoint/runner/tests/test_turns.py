"""How many iterations run at one time, and what each begins from."""

from __future__ import annotations

import threading

import pytest
from job import Job, until
from model_server import ModelServer, Reply, program

from openevolve_runner.island_turns import IslandTurns


def only_the_best_have_children(job: Job) -> None:
    job.config["database"] = {
        "num_islands": 1,
        "exploration_ratio": 0.0,
        "exploitation_ratio": 1.0,
        "archive_size": 1,
    }


def test_each_parent_is_chosen_when_every_earlier_result_is_known(job: Job) -> None:
    only_the_best_have_children(job)
    attempt = job.start(iterations=8, workers=1)
    assert attempt.end() == 0

    iterations = attempt.of("iteration")
    assert [event["iteration"] for event in iterations] == list(range(1, 9))
    assert [event["parent"] for event in iterations] == [
        attempt.of("started")[0]["initial"]["id"],
        *(event["id"] for event in iterations[:-1]),
    ]


def test_stock_openevolve_chooses_one_parent_ahead(job: Job) -> None:
    only_the_best_have_children(job)
    attempt = job.start(iterations=8, workers=1, stock=["in-flight"])
    assert attempt.end() == 0

    parents = [event["parent"] for event in attempt.of("iteration")]
    assert parents[0] == parents[1]


@pytest.mark.parametrize("workers", [1, 3, 4])
def test_every_worker_has_an_iteration_whatever_the_number_of_islands(
    job: Job, model: ModelServer, workers: int
) -> None:
    job.config["database"]["num_islands"] = 3
    together = threading.Barrier(workers)

    def behave(number: int) -> Reply:
        together.wait(timeout=20)  # breaks when fewer ask at one time
        return Reply(program(number))

    model.behave = behave
    attempt = job.start(iterations=2 * workers, workers=workers)
    assert attempt.end() == 0

    assert attempt.of("finished")[0]["ledger"]["candidates"] == 2 * workers


def test_a_kill_costs_at_most_one_iteration_for_each_worker(job: Job, model: ModelServer) -> None:
    asked = []

    def behave(number: int) -> Reply:
        asked.append(number)
        return Reply(program(number), 0 if number <= 5 else 60)

    model.behave = behave
    attempt = job.start(iterations=30, workers=3, drain_grace_seconds=0)
    attempt.wait_for("iteration", count=5)
    assert until(lambda: len(asked) == 5 + 3)
    attempt.command('{"command":"stop"}')

    assert attempt.end() == 75
    assert len(asked) == 5 + 3


def test_no_island_is_left_behind_when_there_are_fewer_workers() -> None:
    turns = IslandTurns(5)
    begun = [turns.begin(), turns.begin()]
    for _ in range(18):
        turns.end(begun[-2])
        begun.append(turns.begin())

    assert [begun.count(island) for island in range(5)] == [4] * 5
