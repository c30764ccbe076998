"""An evaluator that asks a model itself, and prints all that it can find of its surroundings."""

import os
import pathlib

import openai


def evaluate(program_path):
    for name, value in os.environ.items():
        print(name, value, flush=True)
    home = pathlib.Path(os.environ["HOME"])
    for path in [*home.rglob("*"), *pathlib.Path(__file__).parent.rglob("*")]:
        if path.is_file():
            print(path, path.read_bytes()[:10_000], flush=True)
    reply = openai.OpenAI().chat.completions.create(
        model="priced", messages=[{"role": "user", "content": "How good is it?"}]
    )
    print("the evaluator was answered:", reply.choices[0].message.content, flush=True)
    return {"combined_score": float(len(pathlib.Path(program_path).read_text()))}
