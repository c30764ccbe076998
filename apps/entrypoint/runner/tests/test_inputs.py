"""Inputs that cannot be used, and faults of our own: one sentence each."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Callable, Optional

import pytest
from job import RUNNER, Attempt, Job

from openevolve_runner.config import load_config
from openevolve_runner.errors import UnusableInputError


def fatal(attempt: Attempt) -> str:
    """The sentence of a run that could not begin."""
    assert [event["event"] for event in attempt.events] == ["problem"]
    problem = attempt.events[0]
    assert problem["severity"] == "fatal" and "\n" not in problem["message"]
    return problem["message"]


def evaluator(text: str) -> Callable[[Job], None]:
    def change(job: Job) -> None:
        job.evaluator = text

    return change


def config(**changes: object) -> Callable[[Job], None]:
    return lambda job: job.config.update(changes)


@pytest.mark.parametrize(
    ("change", "culprit", "reason"),
    [
        (evaluator("import no_such_module\n"), "evaluator.py", "no_such_module"),
        (evaluator("def judge(path):\n    return {}\n"), "evaluator.py", "'evaluate'"),
        (evaluator("raise SystemExit(4)\n"), "evaluator.py", "SystemExit"),
        (config(log_level="LOUD"), "config.yaml", "LOUD"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_unusable_input_is_named(
    job: Job, change: Callable[[Job], None], culprit: str, reason: str
) -> None:
    change(job)
    attempt = job.start(iterations=2)

    assert attempt.end() == 65
    assert f"{job.folder}/{culprit}" in fatal(attempt) and reason in fatal(attempt)


@pytest.mark.parametrize("missing", ["program", "evaluator"])
def test_a_missing_file_is_named(job: Job, missing: str) -> None:
    attempt = job.start(iterations=2, **{missing: "/no/such/file"})

    assert attempt.end() == 65
    assert "/no/such/file" in fatal(attempt)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "does not exist"),
        ("llm: [", "ParserError"),
        ("", "TypeError"),
        ("max_iterations: many", "max_iterations"),
        ("llm: {api_base: 'http://127.0.0.1:9'}", "names no model"),
        ("llm: {primary_model: m, api_key: '${UNSET}'}", "UNSET"),
    ],
)
def test_a_config_that_cannot_be_used_is_named(job: Job, text: Optional[str], reason: str) -> None:
    path = job.folder / "config.yaml"
    if text is not None:
        path.write_text(text)

    with pytest.raises(UnusableInputError) as caught:
        load_config(path, artifacts=job.output, workers=1)

    assert str(path) in str(caught.value) and reason in str(caught.value)


def test_an_initial_program_that_cannot_be_evaluated_is_a_warning(job: Job) -> None:
    job.program = "raise ValueError('not yet')\n"
    attempt = job.start(iterations=2)

    assert attempt.end() == 0
    assert [event["event"] for event in attempt.events][:2] == ["problem", "started"]
    assert attempt.events[0]["severity"] == "warning"
    assert "initial program" in attempt.events[0]["message"]


def test_another_version_of_openevolve_is_refused(job: Job, tmp_path: Path) -> None:
    copy = tmp_path / "runner"
    shutil.copytree(RUNNER, copy, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    lock = copy / "requirements.txt"
    lock.write_text(lock.read_text().replace("openevolve==", "openevolve==9."))
    attempt = job.start(iterations=2, runner=copy)

    assert attempt.end() == 70
    assert "OpenEvolve 9.0.4.1 is needed" in fatal(attempt)


def test_a_damaged_checkpoint_is_not_taken_for_an_empty_one(job: Job) -> None:
    first = job.start(iterations=2)
    first.end()
    saved = first.of("checkpoint")[-1]
    for path in Path(saved["path"], "programs").iterdir():
        path.unlink()
    damaged = job.start(iterations=3, resume=saved)
    missing = job.start(iterations=3, resume={**saved, "path": "/no/such/checkpoint"})

    assert damaged.end() == 70 and saved["path"] in fatal(damaged)
    assert missing.end() == 70 and "/no/such/checkpoint" in fatal(missing)


def test_a_run_file_of_another_version_is_refused(job: Job) -> None:
    attempt = job.start(iterations=2, version=2)

    assert attempt.end() == 70
    assert "has version 2" in attempt.log.read_text()


def test_a_fault_of_our_own_is_told_with_its_traceback(job: Job) -> None:
    attempt = job.start(iterations=2, save_interval_seconds="soon")

    assert attempt.end() == 70
    assert "Traceback" in attempt.log.read_text()
    assert json.dumps(attempt.events[-1]).startswith('{"event": "problem", "severity": "fatal"')
