"""What a worker gets of the population: a prompt cannot tell it from the whole of it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from model_server import ModelServer, Reply
from openevolve import process_parallel
from openevolve.config import Config, LLMModelConfig
from openevolve.database import Program
from openevolve.process_parallel import ProcessParallelController

from openevolve_runner.call import Call
from openevolve_runner.pool import WorkerPool
from openevolve_runner.population import Population
from openevolve_runner.stop import StopRequest

ISLANDS = 4
EMPTY = 3


class Captured:
    """Stands for the workers, and keeps what they were to get."""

    size = 10**6
    fault = None

    def begin(self, _call: Call, _function: object, *arguments: Any) -> None:
        self.arguments = arguments

    def tend(self) -> None:
        pass

    def terminate_workers(self) -> None:
        pass


def settings(model: ModelServer, folder: Path) -> Config:
    config = Config(diff_based_evolution=False, max_code_length=1, random_seed=None, language="python")
    config.llm.models = [
        LLMModelConfig(
            name="test", api_base=model.url, api_key="none", timeout=20, retries=0, retry_delay=0
        )
    ]
    config.database.num_islands = ISLANDS
    config.database.max_snapshot_artifacts = 120
    config.database.artifacts_base_path = str(folder / "artifacts")
    config.database.exploitation_ratio = 0.5  # from the archive: also programs of other islands
    config.database.archive_size = 5
    return config


def fill(population: Population, chance: random.Random) -> None:
    for number in range(160):
        metrics: dict[str, Any] = {"speed": chance.random()}
        if chance.random() < 0.8:
            metrics["combined_score"] = chance.choice([0, 1, 2.5, chance.random(), 10**20])
        program = Program(
            id=f"program-{number}",
            code=f"# {'x' * chance.randrange(200)}\n" * chance.randrange(1, 9) + str(number),
            metrics=metrics,
            metadata={"changes": f"change {number}"},
        )
        admitted = population.add(program, number, target_island=number % EMPTY)
        if admitted and chance.random() < 0.5:
            population.store_artifacts(
                program.id, {"stderr": f"line {number}", "big": "y" * chance.choice([5, 40_000])}
            )


def pool(config: Config, population: Population, whole: bool) -> tuple[WorkerPool, Captured]:
    workers = Captured()
    made = WorkerPool(
        config,
        "",
        population,
        stop=StopRequest(leave=lambda: None),
        grace_seconds=0,
        executor=workers,  # type: ignore[arg-type]
        most_workers=2,
        ahead=False,
        whole_snapshots=whole,
        early_stopping=None,
        on_taken=lambda _call, candidate: None,
        on_finished=lambda _report: None,
    )
    made.start()
    return made, workers


@pytest.mark.parametrize("resumed", [False, True], ids=["first attempt", "after a resume"])
def test_prompts_are_the_same_to_the_byte(
    model: ModelServer, tmp_path: Path, resumed: bool
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    config = settings(model, tmp_path)
    population = Population(config.database)
    fill(population, chance)
    if resumed:
        population.save(str(tmp_path / "saved"), 160)
        population = Population(config.database)
        population.load(str(tmp_path / "saved"))
    assert not population.islands[EMPTY]
    model.behave = lambda _number: Reply("too long")
    pruned, workers = pool(config, population, whole=False)
    (tmp_path / "evaluator.py").write_text("def evaluate(path):\n    return {}\n")
    serialized = pruned._serialize_config(config)
    process_parallel._worker_init(serialized, str(tmp_path / "evaluator.py"))

    shown_artifacts = foreign_parents = 0
    for iteration in range(1, 101):
        pruned._submit_iteration(iteration)
        _, snapshot, parent, inspirations = workers.arguments
        everything = ProcessParallelController._create_database_snapshot(pruned)
        everything["sampling_island"] = snapshot["sampling_island"]
        for sent in (everything, snapshot):
            random.seed(seed + iteration)
            result = process_parallel._run_iteration_worker(iteration, sent, parent, inspirations)
            assert "exceeds maximum length" in (result.error or "")
        assert len(snapshot["programs"]) < 20 < len(everything["programs"])
        assert model.bodies[-1] == model.bodies[-2]
        shown_artifacts += "Last Execution Output" in model.bodies[-1].decode()
        island = population.programs[parent].metadata["island"]
        foreign_parents += island != snapshot["sampling_island"]
    assert len(model.bodies) == 200
    assert 0 < shown_artifacts < 100 and foreign_parents > 5
    process_parallel._worker_evaluator = None


def test_scores_that_have_no_order_are_left_to_the_worker(
    model: ModelServer, tmp_path: Path
) -> None:
    config = settings(model, tmp_path)
    population = Population(config.database)
    fill(population, random.Random(1))
    spoiled = next(iter(population.islands[0]))
    population.programs[spoiled].metrics["combined_score"] = float("nan")
    pruned, got = pool(config, population, whole=False)
    for iteration in range(1, 30):
        pruned._submit_iteration(iteration)
        snapshot, parent = got.arguments[1], got.arguments[2]
        island = population.programs[parent].metadata["island"]
        whole = island == 0  # where one has no order
        assert (set(snapshot["islands"][island]) == population.islands[island]) == whole
    json.dumps(snapshot["programs"])


def test_the_diversity_of_every_program_is_remembered(model: ModelServer, tmp_path: Path) -> None:
    config = settings(model, tmp_path)
    config.database.population_size = 5000

    assert Population(config.database).diversity_cache_size >= 5000
    assert Population(config.database, stock_cache=True).diversity_cache_size == 1000
