"""Scores a search by how close it comes to the known minima of functions with many local ones."""

import importlib.util
import math
import random

BUDGET = 300
STARTS = 6
LOWEST_SCORE = {"combined_score": 0.0, "mean_gap": 1e9, "solved": 0.0}


def rastrigin(x, y):
    return 20 + sum(c * c - 10 * math.cos(2 * math.pi * c) for c in (x, y))


def ackley(x, y):
    radius = math.sqrt((x * x + y * y) / 2)
    waves = (math.cos(2 * math.pi * x) + math.cos(2 * math.pi * y)) / 2
    return 20 + math.e - 20 * math.exp(-0.2 * radius) - math.exp(waves)


def himmelblau(x, y):
    return (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2


def levy(x, y):
    u, v = 1 + (x - 1) / 4, 1 + (y - 1) / 4
    first = math.sin(math.pi * u) ** 2
    middle = (u - 1) ** 2 * (1 + 10 * math.sin(math.pi * u + 1) ** 2)
    return first + middle + (v - 1) ** 2 * (1 + math.sin(2 * math.pi * v) ** 2)


# (function, half the width of its square, the place of its centre). Each minimum is 0; the centres
# are moved so that no search gains by guessing the middle.
PROBLEMS = [
    (rastrigin, 5.0, (1.3, -0.7)),
    (ackley, 15.0, (-4.1, 2.9)),
    (himmelblau, 6.0, (0.4, 1.1)),
    (levy, 10.0, (2.3, -3.7)),
]


class BudgetSpent(BaseException):
    """Not an Exception, so that a program cannot pass over it and search on."""


def run_once(search, problem, seed):
    """The gap between the minimum and the best value that the search saw within its budget."""
    function, half_width, (dx, dy) = problem
    calls = 0
    lowest = math.inf

    def objective(point):
        nonlocal calls, lowest
        calls += 1
        if calls > BUDGET:
            raise BudgetSpent
        x, y = map(float, point)
        if not (abs(x) <= half_width and abs(y) <= half_width):
            return math.inf
        value = function(x - dx, y - dy)
        lowest = min(lowest, value)
        return value

    try:
        search(objective, -half_width, half_width, BUDGET, random.Random(seed))
    except BudgetSpent:
        pass
    if lowest == math.inf:
        raise ValueError("the search never looked at a point inside the square")
    return max(0.0, lowest)


def score_of(gap):
    """1 for a gap of a millionth or less, 0 for 100 or more, and even steps per decade between."""
    return min(1.0, max(0.0, (2 - math.log10(max(gap, 1e-9))) / 8))


def load(program_path):
    spec = importlib.util.spec_from_file_location("candidate", program_path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def evaluate(program_path):
    try:
        search = load(program_path).search
        gaps = [run_once(search, problem, seed) for problem in PROBLEMS for seed in range(STARTS)]
    except (Exception, SystemExit) as error:
        return {**LOWEST_SCORE, "error": f"{type(error).__name__}: {error}"}
    return {
        "combined_score": sum(map(score_of, gaps)) / len(gaps),
        "mean_gap": sum(gaps) / len(gaps),
        "solved": sum(gap < 1e-3 for gap in gaps) / len(gaps),
    }
