"""A job on disk, and attempts to run it as the entrypoint does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any, Callable, Optional

import yaml
from model_server import ModelServer, program

RUNNER = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 30

EVALUATOR = """
import importlib.util

def evaluate(path):
    spec = importlib.util.spec_from_file_location("candidate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {"combined_score": float(module.value())}
"""

Event = dict[str, Any]


class Attempt:
    """One process of the runner, and what it told."""

    def __init__(
        self,
        run_file: Path,
        events_read: int,
        control_write: int,
        fds: tuple[int, int],
        deaf: bool,
        runner: Path,
    ):
        self.events: list[Event] = []
        self._changed = threading.Condition()
        self._ended = False
        self._control: Optional[int] = control_write
        # Every process of the run has it in its environment, unless it hides it.
        self._mark = f"TEST_RUN={uuid.uuid4().hex}"
        self.log = run_file.with_suffix(".log")
        # Both ends of a pipe have one name.
        self.pipes = {f"pipe:[{os.fstat(fd).st_ino}]" for fd in fds}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-B", str(runner), str(run_file)],
                pass_fds=fds,
                env={**os.environ, **dict([self._mark.split("=")])},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        for fd in fds:
            os.close(fd)
        self._reader = threading.Thread(target=self._read, args=(events_read, deaf), daemon=True)
        self._reader.start()

    def _read(self, fd: int, deaf: bool) -> None:
        with open(fd, encoding="utf-8") as lines:
            for line in () if deaf else lines:
                with self._changed:
                    self.events.append(json.loads(line))
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def of(self, kind: str) -> list[Event]:
        return [event for event in list(self.events) if event["event"] == kind]

    def wait_for(self, kind: str, count: int = 1, **fields: object) -> Event:
        """The count-th event of a kind whose fields have these values."""

        def found() -> list[Event]:
            return [
                event
                for event in self.of(kind)
                if all(event[name] == value for name, value in fields.items())
            ]

        with self._changed:
            self._changed.wait_for(
                lambda: len(found()) >= count or self._ended, timeout=PATIENCE_SECONDS
            )
            assert len(found()) >= count, f"no {count} x {kind} {fields}:\n{self.log.read_text()}"
            return found()[count - 1]

    def command(self, line: str) -> None:
        assert self._control is not None
        os.write(self._control, line.encode() + b"\n")

    def close_control(self) -> None:
        if self._control is not None:
            os.close(self._control)
            self._control = None

    def end(self) -> int:
        """The exit code, after all events have arrived."""
        code = self.process.wait(timeout=PATIENCE_SECONDS)
        self._reader.join(timeout=PATIENCE_SECONDS)
        self.close_control()
        return code

    def processes(self) -> list[int]:
        """All processes of the run that are alive."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if self._mark.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                pass
        return found

    def workers(self) -> list[int]:
        """The runner's child processes."""
        pid = self.process.pid
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]


class Job:
    def __init__(self, folder: Path, model: ModelServer):
        self.folder = folder
        self.model = model
        self.output = folder / "output"
        self.evaluator = EVALUATOR
        self.program = program(0)
        self.config: dict[str, Any] = {
            "diff_based_evolution": False,
            "llm": {
                "api_base": model.url,
                "api_key": "none",
                "primary_model": "test",
                "retries": 0,
                "timeout": 60,
            },
            "database": {"num_islands": 2, "migration_interval": 1000},
            "evaluator": {"cascade_evaluation": False, "max_retries": 0},
        }
        self.attempts: list[Attempt] = []

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def start(
        self,
        iterations: int,
        resume: Optional[Event] = None,
        *,
        deaf: bool = False,
        runner: Path = RUNNER,
        **settings: Any,
    ) -> Attempt:
        """Start an attempt; `resume` is the checkpoint event to go on from.

        A deaf one closes its end of the events at once.
        """
        events_read, events_write = os.pipe()
        control_read, control_write = os.pipe()
        document = {
            "version": 1,
            "program": str(self.write("initial_program.py", self.program)),
            "evaluator": str(self.write("evaluator.py", self.evaluator)),
            "config": str(self.write("config.yaml", yaml.safe_dump(self.config))),
            "output": str(self.output),
            "resume": resume
            and {
                "checkpoint": resume["path"],
                "ledger": resume["ledger"],
                "early_stopping": resume["early_stopping"],
            },
            "iterations": iterations,
            "target_score": None,
            "workers": 2,
            "vcpus": 2,
            "memory_mib": None,
            "evaluation_slots": 2,
            "save_interval_seconds": 3600,
            "drain_grace_seconds": 5,
            "worker_limits": {"memory_mib": None, "file_mib": None, "processes": None},
            "events_fd": events_write,
            "control_fd": control_read,
            **settings,
        }
        run_file = self.write(f"run-{len(self.attempts)}.json", json.dumps(document))
        attempt = Attempt(
            run_file, events_read, control_write, (events_write, control_read), deaf, runner
        )
        self.attempts.append(attempt)
        return attempt

    def close(self) -> None:
        for attempt in self.attempts:
            if attempt.process.poll() is None:
                attempt.process.kill()
                attempt.process.wait()
            attempt.close_control()
        assert until(lambda: not any(attempt.processes() for attempt in self.attempts)), (
            "a process outlived its run"
        )

    def altered(self, *changes: tuple[str, str, str]) -> Path:
        """A copy of the runner in which constants have other values: (module, old, new)."""
        copy = self.folder / "runner"
        shutil.copytree(RUNNER, copy, ignore=shutil.ignore_patterns("tests", "__pycache__"))
        for module, old, new in changes:
            path = copy / "openevolve_runner" / module
            text = path.read_text()
            assert old in text
            path.write_text(text.replace(old, new))
        return copy


def population(checkpoint: str) -> dict[str, Any]:
    """The programs of a checkpoint by id."""
    programs = (json.loads(path.read_text()) for path in Path(checkpoint, "programs").iterdir())
    return {item["id"]: item for item in programs}


def alive(pid: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def until(condition: Callable[[], bool]) -> bool:
    """Wait for something that nobody tells, such as the end of a process of another parent."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
