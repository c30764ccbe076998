"""OpenEvolve's own checkpoints: openevolve_checkpoint.py write FOLDER | read CHECKPOINT...

`write` saves checkpoints of a growing population, up to 1,000 programs, as OpenEvolve's controller
does. `read` loads each with it, goes on with one more program, and prints what was there.
"""
import json
import os
import random
import sys
import tempfile

from openevolve.config import Config
from openevolve.controller import OpenEvolve
from openevolve.database import Program

STEP = 25
MOST = 1_000


def controller(output: str) -> OpenEvolve:
    program, evaluator = (os.path.join(output, name) for name in ("program.py", "evaluator.py"))
    with open(program, "w", encoding="utf-8") as file:
        file.write("x = 1\n")
    with open(evaluator, "w", encoding="utf-8") as file:
        file.write("def evaluate(path):\n    return {'combined_score': 1.0}\n")
    model = {"name": "none", "weight": 1.0, "api_base": "http://127.0.0.1:9", "api_key": "none"}
    config = Config.from_dict(
        {"llm": {"models": [model]}, "database": {"population_size": MOST, "random_seed": 1}}
    )
    return OpenEvolve(program, evaluator, config=config, output_dir=output)


def program_of(number: int, score: float) -> Program:
    code = "\n".join(f"def f{n}(x):\n    return x * {number} + {n}" for n in range(120))
    metrics = {"combined_score": score}
    return Program(id=f"program-{number}", code=code, metrics=metrics, iteration_found=number)


def write(folder: str) -> None:
    evolution = controller(folder)
    draw = random.Random(1)
    for number in range(1, MOST + STEP + 1):
        evolution.database.add(program_of(number, draw.random()), iteration=number)
        if number % STEP == 0:
            evolution._save_checkpoint(number)


def read(checkpoint: str) -> dict:
    with tempfile.TemporaryDirectory() as output:
        evolution = controller(output)
        evolution._load_checkpoint(checkpoint)
        database = evolution.database
        seen = {
            "programs": {one.id: one.to_dict() for one in database.programs.values()},
            "islands": [sorted(island) for island in database.islands],
            "archive": sorted(database.archive),
            "best": database.best_program_id,
            "last_iteration": database.last_iteration,
        }
        parent, _ = database.sample()
        database.add(program_of(MOST * 2, 2.0), iteration=seen["last_iteration"] + 1)
        assert parent.id in seen["programs"] and database.get_best_program().id == "program-2000"
        return seen


if sys.argv[1] == "write":
    write(sys.argv[2])
else:
    original, *others = map(read, sys.argv[2:])
    for other in others:
        assert other == original, "the checkpoint is another one"
    print(json.dumps({"programs": len(original["programs"]), "best": original["best"]}))
