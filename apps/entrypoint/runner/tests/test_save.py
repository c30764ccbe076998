"""Checkpoints: when they are made, that they are whole, and what they cost."""

from __future__ import annotations

import json
import os
import shutil
import threading
from pathlib import Path

from job import Job, population
from model_server import ModelServer, Reply, program
from openevolve.config import DatabaseConfig

from openevolve_runner.population import Population


def test_a_request_is_met_while_iterations_are_slow(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(-number), 0 if number <= 2 else 60)
    attempt = job.start(iterations=9, drain_grace_seconds=0)
    attempt.wait_for("iteration", count=2)
    attempt.command('{"command":"save"}')
    first = attempt.wait_for("checkpoint", reason="request")
    attempt.command("not a command")
    attempt.command('{"command":"save"}')
    again = attempt.wait_for("checkpoint", count=2, reason="request")
    attempt.command('{"command":"stop"}')

    assert attempt.end() == 75
    assert first["label"] == "checkpoint_2" and again == first
    assert attempt.of("checkpoint") == [first, again]  # a stop finds all of it saved
    assert len(population(first["path"])) == first["programs"]


def test_a_checkpoint_of_the_initial_program_alone_can_be_resumed(
    job: Job, model: ModelServer
) -> None:
    model.behave = lambda number: Reply(program(-number), 60)
    first = job.start(iterations=2, drain_grace_seconds=0)
    first.wait_for("started")
    first.command('{"command":"save"}')
    saved = first.wait_for("checkpoint")
    first.process.terminate()
    assert first.end() == 75
    assert (saved["label"], saved["programs"]) == ("checkpoint_0", 1)

    model.behave = lambda number: Reply(program(-number))
    second = job.start(iterations=2, resume=saved)
    assert second.end() == 0
    assert sorted(event["iteration"] for event in second.of("iteration")) == [1, 2]


def test_the_timer_saves_what_is_new_and_nothing_else(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(-number), 0 if number <= 3 else 60)
    job.config["checkpoint_interval"] = 1
    attempt = job.start(iterations=9, save_interval_seconds=0.5, drain_grace_seconds=0)
    attempt.wait_for("iteration", count=3)
    attempt.wait_for("checkpoint", label="checkpoint_3")
    attempt.command('{"command":"stop"}')

    assert attempt.end() == 75
    labels = [event["label"] for event in attempt.of("checkpoint")]
    assert {event["reason"] for event in attempt.of("checkpoint")} == {"timer"}
    assert len(labels) == len(set(labels)) and labels[-1] == "checkpoint_3"


def test_a_new_best_is_saved_at_once(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(number), 0 if number == 1 else 60)
    attempt = job.start(iterations=9, drain_grace_seconds=0)
    saved = attempt.wait_for("checkpoint")
    attempt.process.terminate()
    attempt.end()

    assert saved["reason"] == "best" and saved["label"] == "checkpoint_1"
    assert saved["best"]["iteration"] > 0 and saved["best"]["score"] == 1


def test_a_checkpoint_is_whole_whenever_it_is_seen(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(number % 50) + "#" * (number * 97 % 3000))
    attempt = job.start(iterations=60, save_interval_seconds=0)
    folder = job.output / "checkpoints"
    seen: set[str] = set()
    torn: list[str] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            for path in folder.glob("checkpoint_*"):
                if path.name not in seen:
                    seen.add(path.name)
                    try:
                        metadata = json.loads((path / "metadata.json").read_text())
                        ids = {*sum(metadata["islands"], []), metadata["best_program_id"]}
                        assert ids <= population(str(path)).keys()
                        assert (path / "best_program_info.json").read_text().endswith("}")
                    except (OSError, ValueError, AssertionError) as error:
                        torn.append(f"{path.name}: {error!r}")

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        assert attempt.end() == 0
    finally:
        over.set()
        watcher.join()

    assert torn == [] and len(seen) > 10
    assert list(folder.glob(".tmp-*")) == []


def test_a_kill_in_a_save_leaves_nothing_that_looks_finished(job: Job, model: ModelServer) -> None:
    first = job.start(iterations=2)
    first.end()
    saved = first.of("checkpoint")[-1]
    folder = job.output / "checkpoints"
    half = folder / ".tmp-half" / "checkpoints" / "checkpoint_3"
    half.mkdir(parents=True)
    (half / "metadata.json").write_text("{")
    stale = folder / "checkpoint_3"  # of an attempt that was lost
    shutil.copytree(saved["path"], stale)
    (stale / "stale").touch()

    second = job.start(iterations=3, resume=saved)
    assert second.end() == 0

    assert second.of("checkpoint")[-1]["path"] == str(stale)
    assert not (stale / "stale").exists() and not half.exists()
    assert json.loads((stale / "metadata.json").read_text())["last_iteration"] == 3


def test_programs_are_written_once_and_keep_their_prompts(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(number) + "#" * (200 * number))
    first = job.start(iterations=4)
    first.end()
    saved = first.of("checkpoint")[-1]
    before = population(saved["path"])

    second = job.start(iterations=6, resume=saved)
    second.end()

    last = second.of("checkpoint")[-1]
    after = population(last["path"])
    kept = before.keys() & after.keys()
    assert len(kept) >= 2
    for name in kept:
        assert before[name] == after[name]
        assert os.path.samefile(
            Path(saved["path"], "programs", f"{name}.json"),
            Path(last["path"], "programs", f"{name}.json"),
        )
    assert all(item["prompts"] for item in after.values() if item["iteration_found"] > 0)

    # Where links are not possible, files are written again and say the same; and what a worker
    # is sent with every iteration is as small as before the restart.
    database = Population(DatabaseConfig(num_islands=2))
    database.load(last["path"])
    assert not any(item.prompts for item in database.programs.values())
    database.save(str(job.folder / "again"), iteration=6)
    assert population(str(job.folder / "again")) == after


def test_big_artifacts_travel_in_the_checkpoint(job: Job, model: ModelServer) -> None:
    job.evaluator = job.evaluator.replace(
        'return {"combined_score": float(module.value())}',
        "from openevolve.evaluation_result import EvaluationResult\n"
        "    score = float(module.value())\n"
        '    return EvaluationResult({"combined_score": score}, {"log": f"{score} " * 20000})',
    )
    model.behave = lambda number: Reply(program(number) + "#" * (200 * number))
    first = job.start(iterations=2)
    first.end()
    shutil.copytree(first.of("checkpoint")[-1]["path"], job.folder / "restored")
    shutil.rmtree(job.output)

    resume = {**first.of("checkpoint")[-1], "path": str(job.folder / "restored")}
    second = job.start(iterations=3, resume=resume)
    second.end()

    saved = Path(second.of("checkpoint")[-1]["path"])
    for item in population(str(saved)).values():
        log = saved / "artifacts" / Path(item["artifact_dir"]).name / "log"
        assert log.read_text() == f"{item['metrics']['combined_score']} " * 20000
        assert os.path.samefile(log, job.output / "artifacts" / log.parent.name / "log")


def test_a_full_disk_is_a_warning_and_the_next_save_is_tried(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(-number), 0 if number <= 2 else 60)
    attempt = job.start(iterations=9, drain_grace_seconds=0, save_interval_seconds=0.3)
    folder = job.output / "checkpoints"
    attempt.wait_for("started")
    shutil.rmtree(folder)
    folder.write_text("in the way")
    warning = attempt.wait_for("problem", severity="warning")
    folder.unlink()
    folder.mkdir()
    saved = attempt.wait_for("checkpoint", label="checkpoint_2")
    attempt.process.terminate()

    assert attempt.end() == 75
    assert "could not be written" in warning["message"] and saved["programs"] >= 2


def test_a_full_disk_at_the_end_lets_another_attempt_go_on(job: Job, model: ModelServer) -> None:
    model.behave = lambda number: Reply(program(-number), 0 if number <= 2 else 60)
    attempt = job.start(iterations=9, drain_grace_seconds=0)
    attempt.wait_for("iteration", count=2)
    folder = job.output / "checkpoints"
    shutil.rmtree(folder)
    folder.write_text("in the way")
    attempt.process.terminate()
    problem = attempt.wait_for("problem", severity="fatal")

    assert attempt.end() == 75
    assert "could not be written" in problem["message"]


def test_an_interval_of_zero_costs_nothing_that_was_finished(job: Job) -> None:
    job.config["checkpoint_interval"] = 0
    attempt = job.start(iterations=3)

    assert attempt.end() == 0
    assert attempt.of("checkpoint")[-1]["label"] == "checkpoint_3"
