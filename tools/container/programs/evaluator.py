"""Compiles a program where its language asks for it, and scores how close its curve comes to 1 + x."""

import subprocess
import tempfile
from pathlib import Path

COMPILERS = {".cpp": ["g++", "-O1", "-o"], ".rs": ["rustc", "-O", "-o"]}
POINTS = [-2.0, 0.0, 1.0, 3.0]


def evaluate(path):
    with tempfile.TemporaryDirectory() as folder:
        try:
            values = [float(line) for line in run(Path(path), Path(folder, "program"))]
        except (subprocess.SubprocessError, ValueError) as error:
            return {"combined_score": 0.0, "error": str(error)}
    gap = sum(abs(value - (1 + x)) for x, value in zip(POINTS, values, strict=True))
    return {"combined_score": 1 / (1 + gap)}


def run(source, program):
    if source.suffix in COMPILERS:
        command = [*COMPILERS[source.suffix], str(program), str(source)]
        subprocess.run(command, check=True, capture_output=True)
        command = [str(program)]
    else:
        command = ["perl", str(source)]
    points = list(map(str, POINTS))
    ran = subprocess.run(command + points, check=True, capture_output=True, text=True, timeout=5)
    return ran.stdout.split()
