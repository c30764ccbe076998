"""Scores a choice of bins by how full they are in the end, over ten seeded deliveries."""

import importlib.util
import random

DELIVERIES = [
    [rng.uniform(0.1, 0.7) for _ in range(120)] for rng in map(random.Random, range(10))
]


def load(program_path):
    spec = importlib.util.spec_from_file_location("candidate", program_path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def bins_used(appeal, items):
    spaces = []
    for item in items:
        fitting = [index for index, space in enumerate(spaces) if space >= item]
        if fitting:
            chosen = max(fitting, key=lambda index: appeal(item, spaces[index]))
            spaces[chosen] -= item
        else:
            spaces.append(1 - item)
    return len(spaces)


def evaluate(program_path):
    try:
        appeal = load(program_path).appeal
        fullness = [sum(items) / bins_used(appeal, items) for items in DELIVERIES]
    except Exception as problem:
        return {"combined_score": 0.0, "error": f"{type(problem).__name__}: {problem}"}
    return {"combined_score": sum(fullness) / len(fullness)}
