"""The run file: what the runner is told, its only argument."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

from openevolve_runner.autoscaling_policy import Bounds
from openevolve_runner.errors import RunnerError
from openevolve_runner.ledger import Ledger
from openevolve_runner.limits import WorkerLimits

PROTOCOL = 1


@dataclass(frozen=True)
class Resume:
    """Where an earlier attempt got to."""

    checkpoint: Path
    ledger: Ledger
    early_stopping: Optional[dict[str, Any]]


@dataclass(frozen=True)
class RunFile:
    """See `RunFile` in protocol.ts. Seconds are wall-clock seconds, paths absolute.

    `stock` names what is to be as OpenEvolve has it, to compare: `in-flight`, `snapshots`,
    `diversity-cache`.
    """

    program: Path
    evaluator: Path
    config: Path
    output: Path
    resume: Optional[Resume]
    iterations: int
    target_score: Optional[float]
    workers: Optional[int]  # None for as many as are worth it
    vcpus: int
    memory_mib: Optional[int]
    evaluation_slots: int
    save_interval_seconds: float
    drain_grace_seconds: float
    worker_limits: WorkerLimits
    events_fd: int
    control_fd: int
    stock: frozenset[str]

    @property
    def bounds(self) -> Bounds:
        return Bounds(
            self.vcpus, self.evaluation_slots, self.iterations, self.memory_mib, self.workers
        )

    @property
    def checkpoints(self) -> Path:
        return self.output / "checkpoints"

    @property
    def artifacts(self) -> Path:
        """Where OpenEvolve keeps big artifacts while it runs."""
        return self.output / "artifacts"

    @property
    def ledger(self) -> Ledger:
        """What is done so far, against what is asked now."""
        if self.resume is None:
            return Ledger(self.iterations)
        return replace(self.resume.ledger, asked=self.iterations)

    @classmethod
    def load(cls, path: str) -> RunFile:
        """Read a run file.

        Raises RunnerError for a file that cannot be read, misses a key, or has another version.
        """
        try:
            document = json.loads(Path(path).read_text(encoding="utf-8"))
            if document["version"] != PROTOCOL:
                raise RunnerError(
                    f"The run file {path} has version {document['version']}, and this runner knows "
                    f"{PROTOCOL}: install an entrypoint and a runner of one release."
                )
            resume = document["resume"]
            return cls(
                program=Path(document["program"]),
                evaluator=Path(document["evaluator"]),
                config=Path(document["config"]),
                output=Path(document["output"]),
                resume=resume
                and Resume(
                    Path(resume["checkpoint"]),
                    Ledger.from_json(resume["ledger"]),
                    resume["early_stopping"],
                ),
                iterations=document["iterations"],
                target_score=document["target_score"],
                workers=None if document["workers"] == "auto" else document["workers"],
                vcpus=document["vcpus"],
                memory_mib=document["memory_mib"],
                evaluation_slots=document["evaluation_slots"],
                save_interval_seconds=document["save_interval_seconds"],
                drain_grace_seconds=document["drain_grace_seconds"],
                worker_limits=WorkerLimits.from_json(document["worker_limits"]),
                events_fd=document["events_fd"],
                control_fd=document["control_fd"],
                stock=frozenset(document.get("stock", ())),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunnerError(
                f"The run file {path} cannot be read ({type(error).__name__}: {error}): "
                "install an entrypoint and a runner of one release."
            ) from error
