"""Scores an approximation of the sine by its largest error between -pi/2 and pi/2."""

import importlib.util
import math

POINTS = [math.pi * (step / 100 - 0.5) for step in range(101)]


def load(program_path):
    spec = importlib.util.spec_from_file_location("candidate", program_path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def evaluate(program_path):
    try:
        approximate = load(program_path).approximate
        error = max(abs(approximate(x) - math.sin(x)) for x in POINTS)
    except Exception as problem:
        return {"combined_score": 0.0, "error": f"{type(problem).__name__}: {problem}"}
    return {"combined_score": 1 / (1 + 10 * error), "largest_error": error}
