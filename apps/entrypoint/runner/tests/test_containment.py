"""Nothing that evolved code does ends or wedges a run."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from pathlib import Path

import pytest
from job import Attempt, Job, alive, until
from model_server import ModelServer, Reply, program
from openevolve_runner.executor import DEATHS_IN_A_ROW, DEATHS_OF_A_CALL

SLEEPS = "import time\ntime.sleep(1000)\n"
HOLDS_THE_INTERPRETER = "sum(range(10**15))\n"
ENDS_ITS_PROCESS = "import os\nos._exit(3)\n"
# OpenEvolve's own limit is `evaluator.timeout`; the runner's comes so much later.
HASTY = (
    ("time_limits.py", "EVALUATION_SLACK_SECONDS = 10.0", "EVALUATION_SLACK_SECONDS = 0.5"),
    ("time_limits.py", "ITERATION_SLACK_SECONDS = 60.0", "ITERATION_SLACK_SECONDS = 1.0"),
)


def errors(attempt: Attempt) -> dict[int, str]:
    return {e["iteration"]: e["error"] for e in attempt.of("iteration") if e["error"]}


def one_after_the_other(model: ModelServer, *codes: str) -> None:
    """These programs first, and good ones after them."""
    model.behave = lambda number: Reply(
        codes[number - 1] if number <= len(codes) else program(number)
    )


def test_workers_that_are_killed_at_random_moments_cost_no_iteration(
    job: Job, model: ModelServer
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    model.behave = lambda number: Reply(program(number), number * 7 % 40 / 1000)
    attempt = job.start(iterations=60, workers=3)
    kills = 0
    for finished in range(3, 50, 4):
        attempt.wait_for("iteration", count=finished)
        until(lambda: len(attempt.workers()) > 0)
        victim = chance.choice(attempt.workers())
        threading.Event().wait(chance.uniform(0, 0.03))
        try:
            os.kill(victim, signal.SIGKILL)
            kills += 1
        except ProcessLookupError:  # it was replaced meanwhile
            pass

    assert attempt.end() == 0

    assert kills > 8
    ledger = attempt.of("finished")[0]["ledger"]
    assert sorted(event["iteration"] for event in attempt.of("iteration")) == list(range(1, 61))
    assert all("it ended 2 worker processes" in error for error in errors(attempt).values())
    assert (ledger["done"], ledger["failed"]) == (60, len(errors(attempt)))
    assert attempt.of("checkpoint")[-1]["ledger"] == ledger


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to another parent")
def test_the_runner_waits_for_what_evolved_code_leaves_behind(
    job: Job, model: ModelServer
) -> None:
    left = job.folder / "left"
    shell = f"sleep 0.1; read _ _ _ parent _ < /proc/$$/stat; echo $parent $$ >> {left}"
    leaves = f"import subprocess\nsubprocess.run(['sh', '-c', {f'sh -c {shell!r} &'!r}])\n"
    model.behave = lambda number: Reply(program(number) + leaves, 0.05)
    attempt = job.start(iterations=1000, workers=1)

    assert until(lambda: left.exists() and left.read_text().count("\n") > 3)
    found = [line.split() for line in left.read_text().splitlines()[:3]]
    assert {parent for parent, _ in found} == {str(attempt.process.pid)}
    assert until(lambda: not any(Path("/proc", pid).exists() for _, pid in found))
    assert attempt.process.poll() is None


def test_an_iteration_whose_worker_died_is_run_again(job: Job, model: ModelServer) -> None:
    one_after_the_other(model, program(1), ENDS_ITS_PROCESS)
    attempt = job.start(iterations=4, workers=1)

    assert attempt.end() == 0

    assert [event["iteration"] for event in attempt.of("iteration")] == [1, 2, 3, 4]
    assert errors(attempt) == {}
    assert next(model.requests) == 6  # four iterations, and one of them twice


def test_an_iteration_that_killed_two_workers_failed(job: Job, model: ModelServer) -> None:
    one_after_the_other(model, program(1), ENDS_ITS_PROCESS, ENDS_ITS_PROCESS)
    attempt = job.start(iterations=4, workers=1)

    assert attempt.end() == 0

    assert errors(attempt) == {2: "it ended 2 worker processes, the last: exit code 3"}
    assert attempt.of("finished")[0]["ledger"]["failed"] == 1


def test_workers_that_keep_dying_end_the_run_short_and_saved(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(1) if number == 1 else ENDS_ITS_PROCESS)
    attempt = job.start(iterations=30, workers=1)

    assert attempt.end() == 75

    finished = attempt.of("finished")[0]
    assert finished["outcome"] == "short"
    assert finished["ledger"]["done"] == len(attempt.of("iteration")) == 1 + DEATHS_IN_A_ROW // DEATHS_OF_A_CALL
    assert attempt.of("checkpoint")[-1]["ledger"] == finished["ledger"]
    sentence = attempt.of("problem")[-1]
    assert sentence["severity"] == "fatal"
    assert f"{DEATHS_IN_A_ROW} worker processes ended in a row" in sentence["message"]
    assert "the last: exit code 3" in sentence["message"]


def test_memory_that_ran_out_is_named(job: Job, model: ModelServer) -> None:
    group = job.folder / "cgroup"
    group.mkdir()
    (group / "memory.max").write_text(str(3 << 30))
    events = group / "memory.events"
    events.write_text("oom 0\noom_kill 4\n")
    (job.folder / "groups").write_text("0::/not/visible/here\n")
    runner = job.altered(
        ("memory.py", 'Path("/proc/self/cgroup")', f'Path("{job.folder}/groups")'),
        ("memory.py", 'Path("/sys/fs/cgroup")', f'Path("{group}")'),
    )
    killed = f"""
import os, signal
with open({str(events)!r}, "r+") as file:
    kills = int(file.read().split()[-1])
    file.seek(0)
    file.write(f"oom 9\\noom_kill {{kills + 1}}\\n")
os.kill(os.getpid(), signal.SIGKILL)
"""
    one_after_the_other(model, killed, killed, killed)
    attempt = job.start(iterations=2, workers=1, runner=runner)

    assert attempt.end() == 0
    assert errors(attempt) == {
        1: "it ended 2 worker processes, the last: out of memory: 1 worker with 3072 MiB in "
        "all; ask for more --memory, or fewer --workers or --vcpus"
    }


@pytest.mark.parametrize(
    ("evaluator", "initial_program", "reason"),
    [
        (ENDS_ITS_PROCESS, program(0), "exit code 3"),
        (None, ENDS_ITS_PROCESS, "exit code 3"),
        (None, "import os\nos.kill(os.getpid(), 11)\n", "signal 11"),
        (HOLDS_THE_INTERPRETER, program(0), "did not end within 1.5 s"),
        (None, HOLDS_THE_INTERPRETER, "did not end within 1.5 s"),
        (None, SLEEPS, "did not return within 1 s"),
    ],
)
def test_a_first_evaluation_that_ends_or_wedges_its_worker_is_an_unusable_input(
    job: Job, evaluator: str, initial_program: str, reason: str
) -> None:
    job.evaluator = evaluator or job.evaluator
    job.program = initial_program
    job.config["evaluator"]["timeout"] = 1
    attempt = job.start(iterations=2, runner=job.altered(*HASTY))

    assert attempt.end() == 65
    assert [event["event"] for event in attempt.events] == ["problem"]
    assert reason in attempt.events[0]["message"]
    assert f"{job.folder}/evaluator.py" in attempt.events[0]["message"]


def test_a_first_evaluation_that_hangs_in_a_cascade_is_an_unusable_input(job: Job) -> None:
    job.program = SLEEPS  # OpenEvolve's cascade reports it as a failed stage, and no time-out
    job.config["evaluator"] = {"timeout": 1, "max_retries": 0, "cascade_evaluation": True}
    attempt = job.start(iterations=2)

    assert attempt.end() == 65
    assert "did not return within 1 s" in attempt.events[-1]["message"]


def test_an_evaluator_that_cannot_be_imported_is_found_on_a_resume_too(job: Job) -> None:
    first = job.start(iterations=1)
    assert first.end() == 0
    job.evaluator = "import no_such_module\n"
    second = job.start(iterations=2, resume=first.of("checkpoint")[-1])

    assert second.end() == 65
    assert "no_such_module" in second.events[-1]["message"]


def test_a_program_of_an_island_that_ends_its_process_is_an_unusable_input(job: Job) -> None:
    seed = job.write("island.py", ENDS_ITS_PROCESS)
    job.config["database"]["island_initial_programs"] = [None, str(seed)]
    attempt = job.start(iterations=2)

    assert attempt.end() == 65
    assert "exit code 3" in attempt.of("problem")[-1]["message"]


def test_an_evaluation_that_hangs_fails_and_the_run_goes_on(job: Job, model: ModelServer) -> None:
    job.config["evaluator"]["timeout"] = 1
    one_after_the_other(model, HOLDS_THE_INTERPRETER, SLEEPS)
    attempt = job.start(iterations=6, workers=1, runner=job.altered(*HASTY))
    before = attempt.wait_for("started") and attempt.workers()
    attempt.wait_for("iteration", count=2)
    after = attempt.workers()

    assert attempt.end() == 0

    assert errors(attempt) == {
        1: "the evaluation did not end within 1.5 s and was killed",
        2: "The evaluation timed out.",
    }
    assert set(before).isdisjoint(after)
    seconds = {event["iteration"]: event["seconds"] for event in attempt.of("iteration")}
    assert 1.4 < seconds[1] < 4


def test_a_cascade_is_watched_as_a_whole(job: Job, model: ModelServer) -> None:
    job.config["evaluator"] = {"timeout": 1, "max_retries": 0, "cascade_evaluation": True}
    job.evaluator += "\nevaluate_stage1 = evaluate\n"
    one_after_the_other(model, HOLDS_THE_INTERPRETER)
    attempt = job.start(iterations=2, workers=1, runner=job.altered(*HASTY))

    assert attempt.end() == 0
    assert errors(attempt) == {1: "the evaluation did not end within 3.5 s and was killed"}


def test_a_worker_that_is_stopped_is_replaced(job: Job, model: ModelServer) -> None:
    job.config["evaluator"]["timeout"] = 1
    job.config["llm"]["timeout"] = 1
    model.behave = lambda number: Reply(program(number), 0.5 if number == 1 else 0)
    attempt = job.start(iterations=3, workers=1, runner=job.altered(*HASTY))
    attempt.wait_for("started")
    assert until(lambda: len(attempt.workers()) == 1)
    os.kill(attempt.workers()[0], signal.SIGSTOP)

    assert attempt.end() == 0

    (error,) = errors(attempt).values()
    assert "gave no answer within" in error
    assert attempt.of("finished")[0]["ledger"]["done"] == 3


def test_sigterm_stops_a_run_whose_workers_are_stopped(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(number), 0 if number <= 2 else 0.5)
    attempt = job.start(iterations=30, drain_grace_seconds=0.2)
    attempt.wait_for("iteration", count=2)
    for pid in attempt.workers():
        os.kill(pid, signal.SIGSTOP)
    attempt.process.send_signal(signal.SIGTERM)

    assert attempt.end() == 75
    assert attempt.of("finished")[0]["outcome"] == "interrupted"


def test_a_program_that_signals_every_process_interrupts_the_run_in_order(
    job: Job, model: ModelServer
) -> None:
    signals_all = f"""
import os, signal
group = os.getpid()
for pid in [*open(f"/proc/{{os.getppid()}}/task/{{os.getppid()}}/children").read().split(), 0]:
    if int(pid) != group:
        os.kill(int(pid) or os.getppid(), signal.SIGTERM)
"""
    one_after_the_other(model, program(1), program(2), signals_all)
    attempt = job.start(iterations=1000, drain_grace_seconds=0.5)

    assert attempt.end() == 75

    finished = attempt.of("finished")[0]
    assert finished["outcome"] == "interrupted"
    assert finished["ledger"]["done"] == len(attempt.of("iteration")) >= 2
    assert attempt.of("checkpoint")[-1]["ledger"] == finished["ledger"]


def test_what_an_evaluator_started_ends_with_its_worker(job: Job, model: ModelServer) -> None:
    started = job.folder / "started"
    job.evaluator = f"""
import os, subprocess
for session in (False, True):
    child = subprocess.Popen(["sleep", "1000"], start_new_session=session)
    with open({str(started)!r}, "a") as file:
        print(child.pid, file=file)
{job.evaluator}
"""
    model.behave = lambda number: Reply(ENDS_ITS_PROCESS if number == 1 else program(number))
    attempt = job.start(iterations=2, workers=1)
    attempt.wait_for("iteration")
    of_the_first_worker = [int(pid) for pid in started.read_text().split()][:2]
    assert until(lambda: not any(alive(pid) for pid in of_the_first_worker))

    assert attempt.end() == 0

    pids = [int(pid) for pid in started.read_text().split()]
    assert len(pids) == 4 and not any(alive(pid) for pid in pids)


HOG = """
def value():
    return len(bytearray(1 << 30))
"""
WRITES = """
import tempfile
def value():
    with tempfile.TemporaryFile() as file:
        file.write(bytes(3 << 20))
    return 1
"""
LIMITS = """
import resource
def value():
    limits = (resource.RLIMIT_NPROC, resource.RLIMIT_CORE)
    score = int(open("/proc/self/oom_score_adj").read())
    return sum(resource.getrlimit(limit)[1] for limit in limits) + score
"""


def test_a_worker_keeps_to_its_limits(job: Job, model: ModelServer) -> None:
    one_after_the_other(model, HOG, WRITES, LIMITS)
    attempt = job.start(
        iterations=4,
        workers=1,
        worker_limits={"memory_mib": 512, "file_mib": 2, "processes": 4000},
    )

    assert attempt.end() == 0

    found = errors(attempt)
    assert found.keys() == {1, 2}
    assert "memory limit" in found[1] and "File too large" in found[2]
    assert {e["iteration"]: e["score"] for e in attempt.of("iteration")}[3] == 4500


@pytest.mark.parametrize(
    "vandalism",
    [
        "import os\nos.closerange(3, 256)\n",
        "import os, stat\n"
        "for fd in range(3, 256):\n"
        "    try:\n"
        "        if stat.S_ISSOCK(os.fstat(fd).st_mode):\n"
        "            os.write(fd, b'r' + b'\\xff' * 100)\n"
        "    except OSError:\n"
        "        pass\n",
    ],
    ids=["closes all files", "writes to all sockets"],
)
def test_a_worker_that_talks_nonsense_is_replaced(
    job: Job, model: ModelServer, vandalism: str
) -> None:
    one_after_the_other(model, vandalism)
    attempt = job.start(iterations=3, workers=1)

    assert attempt.end() == 0
    assert attempt.of("finished")[0]["ledger"]["candidates"] == 3


def test_artifacts_of_any_kind_reach_the_population(job: Job) -> None:
    job.evaluator = """
import numpy, pathlib
from openevolve.evaluation_result import EvaluationResult

def evaluate(path):
    artifacts = {"raw": b"\\xff", "text": "plain", "number": numpy.float32(0.5)}
    return EvaluationResult({"combined_score": 1.0}, {**artifacts, "path": pathlib.Path("/x")})
"""
    attempt = job.start(iterations=1)

    assert attempt.end() == 0
    programs = Path(attempt.of("checkpoint")[-1]["path"], "programs")
    for path in programs.iterdir():
        text = path.read_text()
        assert '\\"text\\": \\"plain\\"' in text and '\\"number\\": 0.5' in text
        assert "/x" in text and "/w==" in text


def test_early_stopping_counts_over_all_attempts(job: Job, model: ModelServer) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    model.behave = lambda number: Reply(program(f"1 if {number} else 0"), 0.02)
    job.config["early_stopping_patience"] = 12
    attempt, saved, code = None, None, 75
    while code == 75:
        attempt = job.start(50, saved)
        if len(job.attempts) <= 3:
            attempt.wait_for("iteration", count=chance.randrange(1, 3))
            attempt.process.send_signal(signal.SIGTERM)
        code = attempt.end()
        saved = attempt.of("checkpoint")[-1]

    finished = attempt.of("finished")[0]
    assert len(job.attempts) > 2 and code == 0
    assert finished["outcome"] == "early-stop"
    assert finished["ledger"]["done"] == 13  # as in a run that nothing interrupts
    assert saved["early_stopping"] == {"bestScore": 1.0, "iterationsWithoutImprovement": 12}

    again = job.start(50, saved)
    assert again.end() == 0
    assert again.of("finished")[0]["outcome"] == "early-stop" and again.of("iteration") == []
