"""Workers, and the calls that they answer."""

from __future__ import annotations

import logging
import pickle
import signal
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Callable, Optional

from openevolve_runner import channel, worker
from openevolve_runner.call import Activity, Call, CallClock, CallFailed
from openevolve_runner.limits import WorkerLimits, be_first_to_go
from openevolve_runner.memory import MemoryGroup
from openevolve_runner.orphans import wait_for_orphans
from openevolve_runner.slots import EvaluationSlots
from openevolve_runner.time_limits import TimeLimits, Watchdog
from openevolve_runner.worker_process import WorkerProcess, describe_exit, fork_worker

logger = logging.getLogger(__name__)

DEATHS_OF_A_CALL = 2
# A program in three that ends its worker makes every second end a death, since each is tried twice:
# a row of 20 is then one in a million, and 5 would be everyday.
DEATHS_IN_A_ROW = 20
_IDLE_SECONDS = 0.1
_FORK_PAUSE_SECONDS = 1.0
_STOP_SECONDS = 2.0
_ADVICE = "See the log for what the evaluator and its program did, and correct the one that does it"


@dataclass(frozen=True)
class _End:
    """A worker ended; unless `died`, because the runner wanted it. `call` has no answer yet."""

    worker: WorkerProcess
    call: Optional[Call]
    died: bool
    status: Optional[int]


class WorkerExecutor:
    """Runs calls in `size` processes, each with a thread here that waits for it. Another `size` is
    reached by and by: what is too many ends after its call.

    The death of a worker costs nobody else anything: it is replaced, and its call is run again,
    before others. A call that ended two workers fails. When `DEATHS_IN_A_ROW` workers died and
    none answered in between, `fault` says what to do about it, and nothing runs any more.

    The main thread owns it: it must `tend` it all the time, because only the main thread forks.
    (An executor of the standard library breaks whole when one worker dies. In pebble's pool all
    workers read from one pipe under one lock, so that one that is stopped stops all; and it kills
    a worker, but not what that has started.)
    """

    def __init__(
        self,
        size: int,
        initialize: Callable[[], object],
        *,
        slots: EvaluationSlots,
        limits: WorkerLimits,
        time_limits: TimeLimits,
        calls_per_worker: Optional[int],
    ):
        self.fault: Optional[str] = None
        self.on_answer: Callable[[], object] = lambda: None  # called on a thread of its own
        self.size = size
        self._initialize = initialize
        self._slots = slots
        self._limits = limits
        self._time_limits = time_limits
        self._calls_per_worker = calls_per_worker
        self._memory = MemoryGroup()
        self._workers: dict[WorkerProcess, threading.Thread] = {}
        self._staying = 0  # of these, the ones that are not retiring
        self._waiting: deque[Call] = deque()
        self._changed = threading.Condition()
        self._ended: deque[_End] = deque()
        self._deaths_in_a_row = 0
        self._no_fork_before = 0.0
        self._open = True

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Call:
        """Have a worker call a function of a module with arguments that can be pickled.

        The future's result is what the function returned, as JSON would give it back; a function
        that raised gives `{"error": ...}`. Its exception is a CallFailed.
        """
        call = Call()
        self.begin(call, function, *arguments)
        return call

    def begin(self, call: Call, function: Callable[..., Any], /, *arguments: Any) -> None:
        """`submit`, for a call that somebody waits for already."""
        call.message = pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL)
        with self._changed:
            self._waiting.append(call)
            self._changed.notify()

    def tend(self) -> None:
        """Replace the workers that ended, give their calls to others, and have `size` of them."""
        while self._ended:
            self._account(self._ended.popleft())
        wait_for_orphans({process.pid for process in self._workers})
        if self._staying > self.size:
            self._retire(self._staying - self.size)
        while (
            self._open
            and self.fault is None
            and self._staying < self.size
            and time.monotonic() >= self._no_fork_before
        ):
            self._start_worker()

    def processes(self) -> list[WorkerProcess]:
        return list(self._workers)

    def clocks(self) -> list[CallClock]:
        """Of the calls that run."""
        clocks = (process.clock for process in self._workers)
        return [clock for clock in clocks if clock is not None]

    def memory_kills(self) -> int:
        """How many processes the kernel has ended for memory: workers, and what evaluators start."""
        return self._memory.kills()

    def terminate_workers(self) -> None:
        """End every worker and all that it started; calls that run stay without an answer."""
        self.kill_workers()
        with self._changed:
            self._changed.notify_all()
        for thread in self._workers.values():
            thread.join(_STOP_SECONDS)

    def kill_workers(self) -> None:
        """The part of `terminate_workers` that a signal handler may do."""
        self._open = False
        for process in self._workers:
            process.kill()

    # The main thread

    def _start_worker(self) -> None:
        try:
            process = fork_worker(self._work, self._workers)
        except OSError as error:
            logger.warning("A worker process cannot be started: %s", error)
            self._no_fork_before = time.monotonic() + _FORK_PAUSE_SECONDS
            if not self._workers:
                self._count_death(f"it could not be started ({error})")
            return
        thread = threading.Thread(
            target=self._attend, args=(process,), daemon=True, name=f"worker-{process.pid}"
        )
        self._workers[process] = thread
        self._staying += 1
        thread.start()

    def _retire(self, count: int) -> None:
        staying = [process for process in self._workers if not process.retiring]
        staying.sort(key=lambda process: process.clock is not None)  # those without a call first
        for process in staying[:count]:
            process.retiring = True
            self._staying -= 1
        with self._changed:
            self._changed.notify_all()

    def _work(self, connection: socket.socket) -> None:
        be_first_to_go()
        self._limits.enforce()
        self._initialize()
        worker.serve(connection)

    def _account(self, end: _End) -> None:
        del self._workers[end.worker]
        if not end.worker.retiring:
            self._staying -= 1
        if not end.died or not self._open:
            return
        ran_out = end.status == -signal.SIGKILL and self._memory.ran_out()
        cause = self._out_of_memory() if ran_out else describe_exit(end.status)
        logger.warning("Worker process %d ended (%s)", end.worker.pid, cause)
        call = end.call
        if call is not None:
            call.deaths += 1
            if call.deaths == DEATHS_OF_A_CALL:
                call.set_exception(
                    CallFailed(f"it ended {DEATHS_OF_A_CALL} worker processes, the last: {cause}")
                )
            else:
                with self._changed:
                    self._waiting.appendleft(call)
                    self._changed.notify()
        self._count_death(cause if ran_out else f"{cause}. {_ADVICE}")

    def _count_death(self, cause: str) -> None:
        self._deaths_in_a_row += 1
        if self._deaths_in_a_row == DEATHS_IN_A_ROW:
            self.fault = (
                f"{DEATHS_IN_A_ROW} worker processes ended in a row and no iteration finished in "
                f"between, the last: {cause}."
            )

    def _out_of_memory(self) -> str:
        workers = f"{self.size} worker{'s' if self.size > 1 else ''}"
        limit = self._memory.limit_mib()
        return (
            f"out of memory: {workers}{f' with {limit} MiB in all' if limit else ''}; "
            "ask for more --memory, or fewer --workers or --vcpus"
        )

    # A worker's own thread

    def _attend(self, process: WorkerProcess) -> None:
        call: Optional[Call] = None
        died = False
        try:
            while call := self._next_call(process):
                reusable = self._ask(process, call)
                call = None
                if not reusable or process.calls == self._calls_per_worker:
                    break
        except CallFailed as error:
            if call is not None:
                call.clock.enter(Activity.MODEL, time.monotonic())  # what it was at, is over
                call.set_exception(error)
        except (channel.ChannelError, ValueError, MemoryError):
            died = True
        status = process.bury(ending=died)
        self._slots.free(process)
        self._ended.append(_End(process, call, died, status))
        self.on_answer()

    def _next_call(self, process: WorkerProcess) -> Optional[Call]:
        call: Optional[Call] = None
        with self._changed:
            while self._open and call is None and not process.retiring:
                if process.gone():
                    raise channel.ChannelError("the process ended")
                if self._waiting:
                    call = self._waiting.popleft()
                    # One whose worker died is running already.
                    if not call.running() and not call.set_running_or_notify_cancel():
                        call = None
                else:
                    self._changed.wait(_IDLE_SECONDS)
        return call

    def _ask(self, process: WorkerProcess, call: Call) -> bool:
        """Have the worker answer; returns whether it may be asked again."""
        began = time.monotonic()
        watchdog = Watchdog(self._time_limits, began)
        call.clock = process.clock = clock = CallClock(began)

        def check_alive() -> None:
            call.seconds = time.monotonic() - began
            if process.gone():
                raise channel.ChannelError("the process ended")

        def check() -> None:
            now = time.monotonic()
            call.seconds = now - began
            problem = watchdog.problem(now)
            if problem is not None:
                raise CallFailed(problem)
            check_alive()

        channel.send(process.connection, channel.CALL, call.message, check)
        while True:
            kind, body = channel.receive(process.connection, channel.MAX_RESULT_BYTES, check)
            if kind in (channel.RESULT, channel.LAST_RESULT):
                break
            if kind in (channel.IMPORT, channel.EVALUATION):
                asked = time.monotonic()
                clock.enter(Activity.SLOT, asked)
                self._slots.take(process, check_alive)
                now = time.monotonic()
                watchdog.waited(now - asked)
                watchdog.evaluation(stages=sum(body), now=now)
                clock.enter(Activity.IMPORT if kind == channel.IMPORT else Activity.EVALUATION, now)
                channel.send(process.connection, channel.BEGIN, b"", check)
            elif kind == channel.ENDED:
                watchdog.evaluation(stages=0, now=time.monotonic())
                clock.enter(Activity.MODEL, time.monotonic())
                if not any(body):  # else it still runs, until the worker is replaced
                    self._slots.free(process)
            else:
                raise channel.ChannelError(f"{kind!r} is no kind of message")
        if kind == channel.RESULT:
            self._slots.free(process)
        document = worker.decode(body)
        process.calls += 1
        self._deaths_in_a_row = 0
        call.seconds = time.monotonic() - began
        clock.enter(Activity.MODEL, time.monotonic())
        process.clock = None
        call.set_result(document)
        self.on_answer()
        return kind == channel.RESULT
