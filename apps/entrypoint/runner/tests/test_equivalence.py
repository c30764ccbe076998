"""What the pool changes of OpenEvolve's choices: nothing, but when they are made."""

from __future__ import annotations

import asyncio
import inspect
import random
from concurrent.futures import Future
from typing import Any

import pytest
from openevolve import process_parallel
from openevolve.config import Config
from openevolve.database import Program, ProgramDatabase
from openevolve.process_parallel import ProcessParallelController, SerializableResult

from openevolve_runner.call import Call
from openevolve_runner.pool import WorkerPool
from openevolve_runner.population import Population
from openevolve_runner.stop import StopRequest

Choice = tuple[int, str, tuple[str, ...]]
WORKERS = 3
ITERATIONS = 150


class Answering:
    """Answers every call at once, in the place of both kinds of workers, and notes the choices."""

    size = WORKERS
    fault = None

    def __init__(self) -> None:
        self.choices: list[Choice] = []

    def tend(self) -> None:
        pass

    def terminate_workers(self) -> None:
        pass

    def begin(self, call: Call, _function: object, *arguments: Any) -> None:
        call.set_result(self.answer(*arguments))

    def submit(self, _function: object, *arguments: Any) -> Future[SerializableResult]:
        future: Future[SerializableResult] = Future()
        future.set_result(SerializableResult(**self.answer(*arguments)))
        return future

    def answer(
        self, iteration: int, snapshot: dict[str, Any], parent: str, inspirations: list[str]
    ) -> dict[str, Any]:
        self.choices.append((iteration, parent, tuple(inspirations)))
        chance = random.Random(iteration)
        child = Program(
            id=f"program-{iteration}",
            code="x = 1\n" * chance.randrange(1, 300),
            parent_id=parent,
            metrics={"combined_score": chance.random()},
            metadata={"island": snapshot["sampling_island"]},
        )
        return {
            "child_program_dict": child.to_dict(),
            "parent_id": parent,
            "iteration": iteration,
            "target_island": snapshot["sampling_island"],
        }


def settings() -> Config:
    config = Config(random_seed=7)
    config.evaluator.parallel_evaluations = WORKERS
    config.database.num_islands = 1
    config.database.log_prompts = False
    config.database.population_size = 60
    return config


def choices(pool: ProcessParallelController, workers: Answering) -> list[Choice]:
    pool.database.add(Program("first", "x = 1\n", metrics={"combined_score": 0.0}), 0)
    random.seed(7)
    asyncio.run(pool.run_evolution(1, ITERATIONS))
    return workers.choices


def stock_choices() -> list[Choice]:
    config, workers = settings(), Answering()
    pool = ProcessParallelController(config, "", ProgramDatabase(config.database))
    pool.executor = workers
    return choices(pool, workers)


def our_choices(*, ahead: bool, whole_snapshots: bool, stock_cache: bool) -> list[Choice]:
    config, workers = settings(), Answering()
    pool = WorkerPool(
        config,
        "",
        Population(config.database, stock_cache=stock_cache),
        stop=StopRequest(leave=lambda: None),
        grace_seconds=0,
        executor=workers,  # type: ignore[arg-type]
        most_workers=WORKERS,
        ahead=ahead,
        whole_snapshots=whole_snapshots,
        early_stopping=None,
        on_taken=lambda _call, candidate: None,
        on_finished=lambda _report: None,
    )
    pool.start()
    return choices(pool, workers)


@pytest.mark.parametrize("whole_snapshots", [True, False], ids=["whole", "pruned"])
@pytest.mark.parametrize("stock_cache", [True, False], ids=["stock cache", "larger cache"])
def test_with_openevolves_number_in_flight_every_choice_is_openevolves(
    whole_snapshots: bool, stock_cache: bool
) -> None:
    ours = our_choices(ahead=True, whole_snapshots=whole_snapshots, stock_cache=stock_cache)

    assert len(ours) == ITERATIONS
    assert ours == stock_choices()


def test_with_fewer_in_flight_choices_are_made_later() -> None:
    ours = our_choices(ahead=False, whole_snapshots=False, stock_cache=False)

    assert [number for number, _, _ in ours] == list(range(1, ITERATIONS + 1))
    assert ours != stock_choices()


def test_openevolve_waits_and_submits_as_the_pool_expects() -> None:
    loop = inspect.getsource(ProcessParallelController.run_evolution)
    submission = inspect.getsource(ProcessParallelController._submit_iteration)

    # Waiting for an answer takes its place.
    assert loop.count("await ") == loop.count("await asyncio.sleep(") == 1
    assert "self.num_workers * 2" in loop and "batch_size // self.num_islands" in loop
    assert submission.count("self.executor.submit(") == 1


def test_a_worker_reads_nothing_of_the_population_that_a_pruned_snapshot_lacks() -> None:
    read = inspect.getsource(process_parallel._run_iteration)
    for key in ("programs", "artifacts", "current_island", "islands"):
        read = read.replace(f'db_snapshot["{key}"]', "")
    read = read.replace('db_snapshot.get("feature_dimensions", [])', "")
    read = read.replace('db_snapshot.get("sampling_island")', "")

    assert read.count("db_snapshot") == 1  # the parameter
