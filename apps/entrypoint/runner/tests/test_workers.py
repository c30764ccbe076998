"""Worker processes: evolved code runs in them."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from job import RUNNER, Job, alive, until
from model_server import ModelServer, Reply, program


def test_workers_may_be_replaced_after_some_iterations(job: Job) -> None:
    job.config["max_tasks_per_child"] = 2
    attempt = job.start(iterations=3, workers=1)

    assert attempt.end() == 0
    assert attempt.of("finished")[0]["ledger"]["candidates"] == 3


def test_no_worker_outlives_a_killed_runner(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(number), 0 if number == 1 else 60)
    attempt = job.start(iterations=30)
    attempt.wait_for("iteration")
    workers = attempt.workers()
    attempt.process.kill()

    assert attempt.end() == -signal.SIGKILL
    assert len(workers) == 2
    assert until(lambda: not any(alive(pid) for pid in workers))


def test_evolved_code_has_neither_events_nor_commands_nor_input(
    job: Job, model: ModelServer
) -> None:
    found = job.folder / "found"
    probe = f"""
import os

def value():
    names = (f"/proc/self/fd/{{fd}}" for fd in range(256))
    with open({str(found)!r}, "a") as file:
        print(*[os.readlink(name) for name in names if os.path.lexists(name)], file=file)
    return 1
"""
    model.behave = lambda _number: Reply(probe)
    attempt = job.start(iterations=2)

    assert attempt.end() == 0

    seen = [line.split() for line in found.read_text().splitlines()]
    assert len(seen) == 2
    for stdin, *others in seen:
        assert stdin == "/dev/null"
        # A pool talks to its workers by pipes, so there are some.
        assert others and attempt.pipes.isdisjoint(others)


PROBE = """
import ctypes, os
from openevolve_runner.workers import isolate_workers

read, write = os.pipe()
if os.geteuid() == 0:  # root may open anything
    os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1)  # PR_SET_DUMPABLE: a change of user closed the process
isolate_workers(read, write)
if os.fork() == 0:
    try:
        os.write(write, b"by number")
    except OSError:
        pass
    try:
        with open(f"/proc/{os.getppid()}/fd/{write}", "wb", buffering=0) as file:
            file.write(b"by name")
    except PermissionError:
        pass
    open("/proc/self/environ").close()  # a worker is an ordinary process to itself
    os._exit(0)
os.close(write)
print(os.wait()[1], os.read(read, 100))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_worker_cannot_open_the_descriptors_again_by_their_names() -> None:
    ended = subprocess.run(
        [sys.executable, "-B", "-c", PROBE],
        cwd=RUNNER,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert ended.stdout == "0 b''\n", ended.stderr
