"""OpenEvolve's evaluator, for programs that end their process."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Callable

from openevolve.evaluator import Evaluator


class ContainedEvaluator(Evaluator):
    """Takes a call of `sys.exit` in a program for a failed evaluation.

    `SystemExit` would pass through OpenEvolve's handlers, spoil the worker's event loop for the
    next iteration too, and then end the run.
    """

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._executor = _EvaluationThreads(
            max_workers=max(1, self.config.parallel_evaluations),
            thread_name_prefix="openevolve-eval",
        )


class _EvaluationThreads(ThreadPoolExecutor):
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return super().submit(_contain, fn, *args, **kwargs)


def _contain(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return fn(*args, **kwargs)
    except SystemExit as error:
        raise RuntimeError(f"the program called sys.exit({error.code!r})") from error
