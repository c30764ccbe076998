"""OpenEvolve's evaluator as it runs in a worker: contained, and watched from outside."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Callable, Iterator

from openevolve.evaluator import Evaluator

from openevolve_runner import channel

# `evaluate_stage1` to `evaluate_stage3`; each has the whole `evaluator.timeout`.
CASCADE_STAGES = 3

_send: Callable[[bytes, bytes], None]
_await_begin: Callable[[], None]
_calls: list[Future[Any]] = []
_out_of_memory = False


def watch_with(send: Callable[[bytes, bytes], None], await_begin: Callable[[], None]) -> None:
    """Have the runner told by `send` of all that user code does; it begins after `await_begin`."""
    global _send, _await_begin
    _send, _await_begin = send, await_begin


def spoiled() -> bool:
    """Whether this worker must not be used again.

    A call that OpenEvolve gave up still runs in its thread, and takes time and memory from the
    next one. One that ran out of memory may have left most of it in use.
    """
    return hangs() or _out_of_memory


def hangs() -> bool:
    """Whether a call that OpenEvolve gave up still runs; not every path of it says so."""
    _calls[:] = [call for call in _calls if not call.done()]
    return bool(_calls)


class ContainedEvaluator(Evaluator):
    """Takes a call of `sys.exit` in a program for a failed evaluation.

    `SystemExit` would pass through OpenEvolve's handlers, spoil the worker's event loop for the
    next iteration too, and then end the run.

    Every try is watched by itself, so neither its repetitions nor the model's feedback count. It
    waits for its turn before OpenEvolve's time-out begins.
    """

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._executor = _EvaluationThreads(
            max_workers=max(1, self.config.parallel_evaluations),
            thread_name_prefix="openevolve-eval",
        )

    def _load_evaluation_function(self) -> None:
        with _watched(channel.IMPORT, stages=1):
            super()._load_evaluation_function()

    async def _direct_evaluate(self, program_path: str) -> Any:
        with _watched(channel.EVALUATION, stages=1):
            return await super()._direct_evaluate(program_path)

    async def _cascade_evaluate(self, program_path: str) -> Any:
        with _watched(channel.EVALUATION, stages=CASCADE_STAGES):
            return await super()._cascade_evaluate(program_path)


@contextmanager
def _watched(kind: bytes, stages: int) -> Iterator[None]:
    _send(kind, bytes([stages]))
    _await_begin()
    try:
        yield
    finally:
        _send(channel.ENDED, bytes([hangs()]))


class _EvaluationThreads(ThreadPoolExecutor):
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        call = super().submit(_contain, fn, *args, **kwargs)
        _calls.append(call)
        return call


def _contain(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return fn(*args, **kwargs)
    except SystemExit as error:
        raise RuntimeError(f"the program called sys.exit({error.code!r})") from error
    except MemoryError as error:
        global _out_of_memory
        _out_of_memory = True
        raise MemoryError(str(error) or "it reached the memory limit of its worker") from error
