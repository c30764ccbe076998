"""How many candidates a second the part between the workers makes, without model or evaluation.

usage: controller.py RUNNER_FOLDER PROGRAMS SECONDS stock|ours

OpenEvolve's controller runs over a population of PROGRAMS on five islands. Its workers are none:
what it submits is answered at once with a new program, so its own time is all that counts.
"""

import asyncio
import json
import logging
import pickle
import random
import sys
import time
import uuid
from concurrent.futures import Future

sys.path.insert(0, sys.argv[1])
programs, seconds, kind = int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]

from openevolve.config import Config  # noqa: E402
from openevolve.database import Program, ProgramDatabase  # noqa: E402
from openevolve.process_parallel import ProcessParallelController  # noqa: E402

from openevolve_runner.pool import WorkerPool  # noqa: E402
from openevolve_runner.population import Population  # noqa: E402
from openevolve_runner.stop import StopRequest  # noqa: E402

WORKERS = 8
logging.disable(logging.WARNING)
config = Config(random_seed=1, max_iterations=10**6)
config.evaluator.parallel_evaluations = WORKERS
config.database.population_size = programs
config.database.num_islands = 5
config.database.feature_bins = 200
config.database.log_prompts = False


def made(number, **fields):
    code = "x = 1\n" * random.randrange(100, 1200) + f"# {number}\n"
    metrics = {"combined_score": random.random()}
    return Program(id=str(uuid.uuid4()), code=code, language="python", metrics=metrics, **fields)


def answer(call):
    _, (iteration, snapshot, parent, _inspirations) = pickle.loads(call)
    child = made(iteration, parent_id=parent, iteration_found=iteration)
    child.metadata = {"island": snapshot["sampling_island"], "parent_metrics": {}}
    return {
        "child_program_dict": child.to_dict(),
        "parent_id": parent,
        "iteration_time": 0.1,
        "iteration": iteration,
        "target_island": snapshot["sampling_island"],
    }


class Answering:
    """Answers every call at once; a call is pickled as for a worker, and its answer is JSON."""

    size = WORKERS
    fault = None

    def tend(self):
        pass

    def terminate_workers(self):
        pass

    def begin(self, call, function, *arguments):
        document = answer(pickle.dumps((None, arguments), pickle.HIGHEST_PROTOCOL))
        call.set_result(json.loads(json.dumps(document)))
        self.on_answer()

    def submit(self, _function, *arguments):
        from openevolve.process_parallel import SerializableResult

        future = Future()
        document = answer(pickle.dumps((None, arguments), pickle.HIGHEST_PROTOCOL))
        future.set_result(pickle.loads(pickle.dumps(SerializableResult(**document))))
        return future


database = Population(config.database) if kind == "ours" else ProgramDatabase(config.database)
for number in range(programs):
    database.add(made(number), 0, target_island=number % 5)
finished = 0


def count(*_arguments, **_options):
    global finished
    finished += 1


if kind == "ours":
    pool = WorkerPool(
        config,
        "",
        database,
        stop=StopRequest(leave=lambda: None),
        grace_seconds=0,
        executor=Answering(),
        most_workers=WORKERS,
        ahead=False,
        whole_snapshots=False,
        early_stopping=None,
        on_taken=lambda _call, candidate: None,
        on_finished=count,
    )
    pool.start()
else:
    pool = ProcessParallelController(config, "", database)
    pool.executor = Answering()
    database.increment_island_generation = lambda island_idx=None: count()

until = time.process_time() + seconds


class Clock:
    def is_set(self):
        return time.process_time() >= until

    def set(self):
        pass


pool.shutdown_event = Clock()
warm, began = len(database.programs), time.process_time()
asyncio.run(pool.run_evolution(1, 10**6))
print(json.dumps({"programs": warm, "per_second": finished / (time.process_time() - began)}))
