"""A worker process, as the runner sees it."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
import traceback
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Callable, Iterable, Optional

from openevolve_runner.call import CallClock
from openevolve_runner.process_use import MemoryUse

# In the environment of a worker and of what its evaluator starts, which may leave its group.
MARKER = "OPENEVOLVE_AWS_WORKER"

# The end of a worker closes its connection, unless what it started holds it open: then this is how
# late it is seen. Every worker has a thread that looks, so often is too often.
_LOOK_SECONDS = 0.5
_TICK_SECONDS = 0.001
_ENDING_SECONDS = 1.0
_REAP_SECONDS = 5.0
_HUNTS = 5


class WorkerProcess:
    """A process that leads a session of its own, so that it ends with all that it started.

    `connection` has a timeout, after which its user looks whether the process is `gone`. Only one
    thread may call `gone` and `bury`; any may call `kill`.
    """

    def __init__(self, pid: int, connection: socket.socket, mark: str):
        connection.settimeout(_LOOK_SECONDS)
        self.pid = pid
        self.connection = connection
        self.calls = 0
        self.clock: Optional[CallClock] = None  # of the call that it answers
        self.retiring = False
        self.memory: Optional[MemoryUse] = None  # when it waited last
        self.measured = 0.0
        self._mark = f"{MARKER}={mark}".encode()
        self._status: Optional[int] = None
        self._buried = False
        self._lock = threading.RLock()  # a signal handler may kill while the same thread kills

    def gone(self) -> bool:
        """Whether the process has ended; it is no zombie then."""
        with self._lock:
            if self._status is None:
                try:
                    pid, status = os.waitpid(self.pid, os.WNOHANG)
                except ChildProcessError:
                    pid, status = self.pid, 0
                if pid:
                    self._status = os.waitstatus_to_exitcode(status)
            return self._status is not None

    def kill(self) -> None:
        """End the process, its group, and what left its group but still has its mark."""
        with self._lock:
            if self._buried:  # the number may mean another process by now
                return
            if self._status is None:
                _kill(os.kill, self.pid)  # it may not lead its group yet
            _kill(os.killpg, self.pid)
        for _ in range(_HUNTS):  # it may start more meanwhile
            found = list(_marked(self._mark))
            if not found:
                return
            for pid in found:
                _kill(os.kill, pid)

    def bury(self, ending: bool = False) -> Optional[int]:
        """Kill what is left and wait for the process.

        `ending`: its connection was closed, which a process that ends does some time before.

        Returns its exit status, negative for a signal, or None when it had to be killed here.
        """
        ended_by_itself = self._ends_within(_ENDING_SECONDS if ending else 0)
        self.kill()
        self._ends_within(_REAP_SECONDS)  # a disk that hangs holds up even SIGKILL
        self._buried = True
        self.connection.close()
        return self._status if ended_by_itself else None

    def _ends_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not self.gone() and time.monotonic() < deadline:
            time.sleep(_TICK_SECONDS)
        return self.gone()


def describe_exit(status: Optional[int]) -> str:
    """How a worker ended.

    >>> describe_exit(-11)
    'signal 11, Segmentation fault'
    """
    if status is None:
        return "it stopped answering"
    if status < 0:
        return f"signal {-status}, {signal.strsignal(-status)}"
    return f"exit code {status}"


def fork_worker(
    work: Callable[[socket.socket], object], others: Iterable[WorkerProcess]
) -> WorkerProcess:
    """Start a process that does `work`, and cannot reach the connections of `others`.

    Call it from the main thread: a worker dies with the thread that started it, and other threads
    must hold no lock that it needs.

    Raises OSError when the system has no room for another process.
    """
    mark = uuid.uuid4().hex
    ours, theirs = socket.socketpair()
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        pid = os.fork()
    except OSError:
        ours.close()
        theirs.close()
        raise
    if pid == 0:
        try:
            os.setsid()
            ours.close()
            for other in others:
                other.connection.close()
            os.environ[MARKER] = mark
            work(theirs)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    theirs.close()
    return WorkerProcess(pid, ours, mark)


def _kill(how: Callable[[int, int], None], target: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # gone, or a zombie's group on macOS
        how(target, signal.SIGKILL)


def _marked(mark: bytes) -> Iterable[int]:
    """The processes that have `mark` in the environment with which they began."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name)
        except OSError:  # gone, or another user's
            continue
