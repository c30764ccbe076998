"""An evaluator that burns CPU for a fixed time, and notes when it began and ended.

Two lines are put before it: CPU_SECONDS and NOTES, a file that gets one line for each evaluation.
"""

import hashlib
import time


def evaluate(path):
    began = time.time()
    until = time.thread_time() + CPU_SECONDS  # noqa: F821
    while time.thread_time() < until:
        pass
    with open(path, "rb") as program:
        digest = hashlib.sha256(program.read()).digest()
    ended = time.time()
    with open(NOTES, "a") as notes:  # noqa: F821
        notes.write(f"{began} {ended}\n")
    return {"combined_score": int.from_bytes(digest[:4], "big") / 2**32}
