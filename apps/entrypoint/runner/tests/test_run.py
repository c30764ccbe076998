"""What a run does from its start to its end."""

from __future__ import annotations

import json
from pathlib import Path

from job import Job, population
from model_server import ModelServer, Reply, program


def test_a_run_that_ends_reports_every_iteration_and_declares_its_last_checkpoint(job: Job) -> None:
    attempt = job.start(iterations=6)

    assert attempt.end() == 0

    started, finished = attempt.of("started")[0], attempt.of("finished")[0]
    iterations = attempt.of("iteration")
    assert started["initial"] == started["best"]
    assert started["initial"]["iteration"] == 0 and started["initial"]["score"] == 0.0
    assert sorted(event["iteration"] for event in iterations) == [1, 2, 3, 4, 5, 6]
    assert [event["ledger"]["done"] for event in iterations] == [1, 2, 3, 4, 5, 6]
    assert attempt.events[-1] == finished and finished["outcome"] == "iterations"
    assert finished["ledger"] == {
        "asked": 6,
        "done": 6,
        "failed": 0,
        "candidates": 6,
        "lastIteration": 6,
        "tokens": {"prompt": 180, "completion": 42},
    }
    last = attempt.of("checkpoint")[-1]
    assert (last["label"], last["reason"], last["ledger"]) == (
        "checkpoint_6",
        "end",
        finished["ledger"],
    )
    assert last["initial"] == started["initial"]
    assert last["best"]["score"] == max(event["score"] for event in iterations)
    assert last["best"]["metrics"] == {"combined_score": last["best"]["score"]}
    assert json.loads(Path(last["path"], "metadata.json").read_text())["last_iteration"] == 6
    assert (job.output / "best" / "best_program.py").exists()


def test_the_total_of_iterations_holds_over_a_resume(job: Job) -> None:
    first = job.start(iterations=4)
    assert first.end() == 0
    saved = first.of("checkpoint")[-1]

    second = job.start(iterations=7, resume=saved)
    assert second.end() == 0

    assert sorted(event["iteration"] for event in second.of("iteration")) == [5, 6, 7]
    assert second.of("finished")[0]["ledger"]["done"] == 7
    assert second.of("started")[0]["initial"] == saved["initial"]
    assert population(saved["path"]).keys() <= (
        population(second.of("checkpoint")[-1]["path"]).keys()
        | {event["id"] for event in first.of("iteration")}
    )


def test_numbers_that_a_kill_took_are_not_used_again(job: Job) -> None:
    first = job.start(iterations=3)
    first.end()
    saved = first.of("checkpoint")[-1]
    saved["ledger"]["lastIteration"] = 9

    second = job.start(iterations=5, resume=saved)
    second.end()

    assert sorted(event["iteration"] for event in second.of("iteration")) == [10, 11]
    last = second.of("checkpoint")[-1]
    assert last["label"] == "checkpoint_5" and last["ledger"]["lastIteration"] == 11
    assert json.loads(Path(last["path"], "metadata.json").read_text())["last_iteration"] == 11


def test_nothing_left_declares_the_checkpoint_and_ends_well(job: Job) -> None:
    first = job.start(iterations=3)
    first.end()
    saved = first.of("checkpoint")[-1]

    second = job.start(iterations=3, resume=saved)

    assert second.end() == 0
    assert [event["event"] for event in second.events] == ["started", "checkpoint", "finished"]
    assert second.of("checkpoint")[0]["path"] == saved["path"]
    assert second.of("finished")[0]["outcome"] == "iterations"


def test_iterations_are_classed_by_what_became_of_them(job: Job, model: ModelServer) -> None:
    replies = {
        1: Reply(None),  # the model is out of order
        2: Reply("def value(:\n"),  # the program cannot be evaluated
        3: Reply("import sys\nsys.exit(3)\n"),  # the program ends its process
        4: Reply(program("float('nan')")),
    }
    model.behave = lambda number: replies.get(number, Reply(program(number)))
    attempt = job.start(iterations=6)

    assert attempt.end() == 0

    ledger = attempt.of("finished")[0]["ledger"]
    errors = [event["error"] for event in attempt.of("iteration") if event["error"]]
    assert (ledger["done"], ledger["failed"], ledger["candidates"]) == (6, 1, 3)
    assert ledger["tokens"]["prompt"] == 30 * 5
    assert len(errors) == 3
    assert any(error.startswith("LLM generation failed") for error in errors)
    assert "The evaluation failed: the program called sys.exit(3)" in errors
    assert any(error.startswith("The evaluation failed: invalid syntax") for error in errors)
    not_a_number = [e for e in attempt.of("iteration") if e["metrics"] == {"combined_score": None}]
    assert [event["score"] for event in not_a_number] == [None]


def test_an_iteration_that_the_population_cannot_place_gave_no_program(job: Job) -> None:
    job.config["database"]["feature_dimensions"] = ["speed"]
    job.evaluator = job.evaluator.replace(
        'return {"combined_score": float(module.value())}',
        "score = float(module.value())\n"
        '    return {"combined_score": score, **({} if score == 1 else {"speed": score})}',
    )
    attempt = job.start(iterations=4)
    attempt.end()

    failed = [event for event in attempt.of("iteration") if event["id"] is None]
    assert len(failed) == 1 and "speed" in failed[0]["error"]
    ledger = attempt.of("finished")[0]["ledger"]
    assert (ledger["failed"], ledger["candidates"]) == (1, 3)
    saved = population(attempt.of("checkpoint")[-1]["path"])
    assert all(item["metrics"]["combined_score"] != 1 for item in saved.values())


def test_failures_at_the_end_are_saved_too(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(number)) if number == 1 else Reply(None)
    job.config["checkpoint_interval"] = 2
    attempt = job.start(iterations=4)

    assert attempt.end() == 0

    last = attempt.of("checkpoint")[-1]
    assert last["label"] == "checkpoint_4" and last["ledger"]["failed"] == 3
    folders = {path.name for path in (job.output / "checkpoints").iterdir()}
    assert folders == {event["label"] for event in attempt.of("checkpoint")}


def test_the_target_ends_the_run_with_true_counts(job: Job) -> None:
    attempt = job.start(iterations=50, target_score=3)

    assert attempt.end() == 0

    finished = attempt.of("finished")[0]
    assert finished["outcome"] == "target"
    assert finished["ledger"]["done"] == len(attempt.of("iteration")) < 10
    last = attempt.of("checkpoint")[-1]
    assert last["ledger"] == finished["ledger"] and last["best"]["score"] >= 3

    again = job.start(iterations=50, target_score=3, resume=last)
    assert again.end() == 0
    assert again.of("finished")[0]["outcome"] == "target" and again.of("iteration") == []


def test_early_stopping_ends_the_run_with_true_counts(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(f"1 if {number} else 0"))
    job.config["early_stopping_patience"] = 3
    attempt = job.start(iterations=50)

    assert attempt.end() == 0

    finished = attempt.of("finished")[0]
    assert finished["outcome"] == "early-stop"
    assert finished["ledger"]["done"] == len(attempt.of("iteration")) == 4
    assert attempt.of("checkpoint")[-1]["label"] == "checkpoint_4"


def test_no_candidate_in_the_whole_job_is_said_and_saved(job: Job, model: ModelServer) -> None:
    model.behave = lambda _number: Reply(None)
    attempt = job.start(iterations=3)

    assert attempt.end() == 71

    assert attempt.of("finished")[0]["outcome"] == "no-candidate"
    assert attempt.of("finished")[0]["ledger"]["failed"] == 3
    assert attempt.of("checkpoint")[-1]["label"] == "checkpoint_3"
    assert "LLM generation failed" in attempt.of("problem")[-1]["message"]


def test_an_attempt_without_a_candidate_does_not_spoil_a_job_that_has_one(
    job: Job, model: ModelServer
) -> None:
    first = job.start(iterations=1)
    first.end()
    model.behave = lambda _number: Reply(None)

    second = job.start(iterations=3, resume=first.of("checkpoint")[-1])

    assert second.end() == 0
    assert second.of("finished")[0]["ledger"]["candidates"] == 1
    assert (job.output / "best" / "best_program.py").exists()


def test_numpy_numbers_are_saved_and_reported_as_numbers(job: Job) -> None:
    job.evaluator = "import numpy\n" + job.evaluator.replace(
        '"combined_score": float(module.value())',
        '"combined_score": numpy.float32(module.value()), "sizes": numpy.arange(3),'
        ' "passed": numpy.bool_(True)',
    )
    attempt = job.start(iterations=2)

    assert attempt.end() == 0

    for event in attempt.of("iteration"):
        assert event["metrics"] == {
            "combined_score": event["score"],
            "sizes": "[0 1 2]",
            "passed": True,
        }
    assert len(population(attempt.of("checkpoint")[-1]["path"])) >= 2
