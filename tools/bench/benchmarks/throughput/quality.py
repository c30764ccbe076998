"""What more workers cost in choices: the final best of equally many candidates, ours beside stock.

usage: quality.py RUNNER_FOLDER VCPUS CANDIDATES SEED...

OpenEvolve's own controller and the runner's, each over its own population. The model is none: a
child is its parent with some numbers changed, and takes a drawn time. A clock that only counts
decides which worker is ready next, so a run takes seconds. One line of JSON for each seed and
landscape: the final best of stock, with as many workers as vCPUs, and of ours, with as many as the
runner has when the model is slow.
"""

import asyncio
import json
import logging
import math
import random
import sys
import zlib
from collections import deque

sys.path.insert(0, sys.argv[1])
vcpus, candidates, seeds = int(sys.argv[2]), int(sys.argv[3]), list(map(int, sys.argv[4:]))

from openevolve.config import Config  # noqa: E402
from openevolve.database import Program, ProgramDatabase  # noqa: E402
from openevolve.process_parallel import (  # noqa: E402
    ProcessParallelController,
    SerializableResult,
)

from openevolve_runner.autoscaling_policy import Bounds, Observed, plan  # noqa: E402
from openevolve_runner.pool import WorkerPool  # noqa: E402
from openevolve_runner.population import Population  # noqa: E402
from openevolve_runner.stop import StopRequest  # noqa: E402

DIMENSIONS = 12
logging.disable(logging.ERROR)


def waves(draw):
    """Many hills of drawn place and width."""
    terms = [
        ([draw.gauss(0, 1) for _ in range(DIMENSIONS)], draw.uniform(0, 6)) for _ in range(12)
    ]
    centre = [draw.uniform(-2, 2) for _ in range(DIMENSIONS)]

    def score(x):
        hills = sum(math.cos(sum(w * v for w, v in zip(ws, x)) + phase) for ws, phase in terms) / 12
        far = sum((v - c) ** 2 for v, c in zip(x, centre)) / DIMENSIONS
        return 1 / (1 + far) + 0.3 * (hills + 1)

    return score


def steps(draw):
    """Each number counts together with two others, in steps (an NK landscape)."""
    others = [draw.sample(range(DIMENSIONS), 2) for _ in range(DIMENSIONS)]
    salt = draw.random()

    def score(x):
        cells = [round(v) for v in x]
        total = 0.0
        for i, (j, k) in enumerate(others):
            key = repr((salt, i, cells[i], cells[j], cells[k])).encode()
            total += zlib.crc32(key) / 2**32
        return total / DIMENSIONS

    return score


class VirtualWorkers:
    """Answers calls in the order in which so many workers would, by a clock that only counts."""

    fault = None

    def __init__(self, size, landscape, draw, database):
        self.size = size
        self._landscape, self._draw, self._database = landscape, draw, database
        self._now, self._made = 0.0, 0
        self._running, self._queue = [], deque()
        self.ready = None

    def start(self, call, iteration, snapshot, parent, _inspirations):
        child = self._child(iteration, parent, snapshot["sampling_island"])
        self._queue.append((call, child))
        self._fill()

    def settle(self):
        """The earliest call is ready, unless one is that nobody has taken yet."""
        if self.ready is None and self._running:
            self._running.sort(key=lambda running: running[0])
            self._now, _, self.ready, child = self._running.pop(0)
            self.ready.document = child
            self._fill()

    def taken(self):
        self.ready = None

    def _fill(self):
        while self._queue and len(self._running) < self.size:
            call, child = self._queue.popleft()
            ends = self._now + self._draw.expovariate(1)
            self._running.append((ends, self._made, call, child))

    def _child(self, iteration, parent_id, island):
        self._made += 1
        parent = self._database.get(parent_id)
        x = json.loads(parent.code)
        for i in self._draw.sample(range(DIMENSIONS), self._draw.choice([1, 1, 2, 4])):
            x[i] += self._draw.gauss(0, self._draw.choice([0.1, 0.5, 1.5]))
        metrics = {"combined_score": self._landscape(x)}
        program = Program(
            id=f"{iteration:08d}",
            code=json.dumps(x),
            parent_id=parent_id,
            metrics=metrics,
            iteration_found=iteration,
            metadata={"island": island, "parent_metrics": {}},
        )
        return {
            "child_program_dict": program.to_dict(),
            "parent_id": parent_id,
            "iteration": iteration,
            "iteration_time": 1.0,
            "target_island": island,
        }


class StockFuture:
    def __init__(self, workers):
        self._workers, self.document = workers, None

    def done(self):
        self._workers.settle()
        return self.document is not None

    def result(self, timeout=None):
        self._workers.taken()
        return SerializableResult(**self.document)

    def cancel(self):
        return True


class StockExecutor:
    def __init__(self, workers):
        self._workers = workers

    def submit(self, _function, *arguments):
        future = StockFuture(self._workers)
        self._workers.start(future, *arguments)
        return future


class OurExecutor:
    fault = None

    def __init__(self, workers):
        self._workers, self.size = workers, workers.size

    def begin(self, call, _function, *arguments):
        self._workers.start(call, *arguments)

    def tend(self):
        self._workers.settle()
        ready = self._workers.ready
        if ready is not None and not ready.done():
            ready.set_result(ready.document)

    def terminate_workers(self):
        pass


def settings(seed):
    config = Config(random_seed=seed)
    config.evaluator.parallel_evaluations = vcpus
    config.database.log_prompts = False
    return config


def best_of(ours, seed, make_landscape):
    draw = random.Random(seed)
    landscape = make_landscape(draw)
    config = settings(seed)
    database = (Population if ours else ProgramDatabase)(config.database)
    random.seed(seed)
    x = [0.0] * DIMENSIONS
    database.add(Program("first", json.dumps(x), metrics={"combined_score": landscape(x)}))
    if ours:
        bounds = Bounds(vcpus, vcpus, candidates, None)
        size = plan(bounds, Observed(model_seconds=60, evaluation_seconds=0.1)).workers
        workers = VirtualWorkers(size, landscape, draw, database)
        pool = WorkerPool(
            config,
            "",
            database,
            stop=StopRequest(leave=lambda: None),
            grace_seconds=0,
            executor=OurExecutor(workers),
            most_workers=size,
            ahead=False,
            whole_snapshots=False,
            early_stopping=None,
            on_taken=lambda _call, candidate: workers.taken(),
            on_finished=lambda _report: None,
        )
        pool.start()
    else:
        workers = VirtualWorkers(vcpus, landscape, draw, database)
        pool = ProcessParallelController(config, "", database)
        pool.executor = StockExecutor(workers)
    asyncio.run(pool.run_evolution(1, candidates))
    return workers.size, database.get_best_program().metrics["combined_score"]


for seed in seeds:
    for make_landscape in (waves, steps):
        _, stock = best_of(False, seed, make_landscape)
        size, ours = best_of(True, seed, make_landscape)
        line = {"seed": seed, "landscape": make_landscape.__name__, "workers": size}
        print(json.dumps({**line, "stock": stock, "ours": ours}), flush=True)
