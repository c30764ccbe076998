"""The life of the runner, from its argument to its exit code."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
import threading
import traceback
from collections import deque
from typing import NoReturn, Optional

from openevolve_runner import control, workers
from openevolve_runner.errors import (
    GO_ON_LATER,
    OWN_FAULT,
    RunnerError,
    UnusableInputError,
    in_short,
)
from openevolve_runner.events import Events
from openevolve_runner.orphans import adopt_orphans
from openevolve_runner.run_file import RunFile
from openevolve_runner.stop import StopRequest, request_from_any_thread
from openevolve_runner.version import require_pinned_version


def main(arguments: list[str]) -> NoReturn:
    """Run the file that is named by the only argument, and end the process.

    Signals are taken before OpenEvolve is imported: that alone takes half a second.
    """
    stop = StopRequest(leave=lambda: os._exit(GO_ON_LATER))
    stop.install()
    try:
        if len(arguments) != 1:
            raise RunnerError("usage: python -B runner RUN_FILE.json")
        run = RunFile.load(arguments[0])
    except RunnerError as error:
        print(error, file=sys.stderr)
        _leave(error.exit_code)
    events = Events(run.events_fd, on_lost=stop.request)
    try:
        code = _run(run, events, stop)
    except RunnerError as error:
        traceback.print_exc()
        events.problem("fatal", in_short(error))
        code = error.exit_code
    except BaseException as error:  # also what an evaluator raises to leave the process
        traceback.print_exc()
        events.problem(
            "fatal",
            f"The runner failed ({type(error).__name__}: {in_short(error)}): report it with the "
            "log; what was saved before is safe.",
        )
        code = OWN_FAULT
    _leave(code)


def _run(run: RunFile, events: Events, stop: StopRequest) -> int:
    workers.isolate_workers(run.events_fd, run.control_fd)
    adopt_orphans()
    stop.leave_with(lambda: _leave_before_evolution(run, events))
    save_request = threading.Event()
    held_calls: deque[int] = deque(maxlen=1)

    def on_stop(grace_seconds: Optional[float]) -> None:
        stop.grace_seconds = grace_seconds
        request_from_any_thread()

    control.listen(run.control_fd, on_save=save_request.set, on_held=held_calls.append, on_stop=on_stop)
    require_pinned_version()
    gc.disable()  # what is imported stays: to look for garbage in it would take a tenth of the time
    try:
        from openevolve_runner.config import load_config
        from openevolve_runner.evolution import Evolution
        from openevolve_runner.model_client import use_plain_clients
    except ImportError as error:
        raise RunnerError(
            f"OpenEvolve cannot be imported ({error}): install the runner's requirements.txt, and "
            "take what they name out of the job's own requirements."
        ) from error
    gc.freeze()  # nor do workers, which are forked, touch its pages
    gc.enable()
    use_plain_clients()
    _require_program(run)
    config = load_config(run.config, artifacts=run.artifacts, workers=run.bounds.first)
    run.output.mkdir(parents=True, exist_ok=True)
    try:
        evolution = Evolution(run, config, events, stop, save_request, held_calls)
    except (Exception, SystemExit) as error:
        raise _unusable(run, error) from error

    def leave() -> NoReturn:
        evolution.abandon()
        _leave_before_evolution(run, events)

    stop.leave_with(leave)
    return asyncio.run(evolution.evolve()).exit_code


def _require_program(run: RunFile) -> None:
    try:
        run.program.read_text()
    except (OSError, ValueError) as error:
        raise UnusableInputError(
            f"The program {run.program} cannot be read ({error}): name an existing text file."
        ) from error


def _unusable(run: RunFile, error: BaseException) -> UnusableInputError:
    return UnusableInputError(
        f"The config {run.config} cannot be used ({type(error).__name__}: {in_short(error)}): "
        "correct it."
    )


def _leave_before_evolution(run: RunFile, events: Events) -> NoReturn:
    """There is nothing to save yet: what a run resumes from is saved already."""
    events.emit("finished", outcome="interrupted", ledger=run.ledger.to_json())
    os._exit(GO_ON_LATER)


def _leave(code: int) -> NoReturn:
    """End at once: an evaluation that hangs in a thread would hold up a normal exit for ever."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
