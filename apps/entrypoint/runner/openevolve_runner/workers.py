"""What worker processes must not share with the runner: evolved code runs in them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Callable

# <linux/prctl.h>
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4


def isolate_workers(*private_fds: int) -> None:
    """Make every process that the runner forks a worker that cannot reach `private_fds`.

    A worker has default signal handlers (an inherited handler of the runner would make its end
    look like a request to stop), nothing on standard input, and on Linux dies with the runner.
    There the runner is also closed to processes of its own user, or a worker could open the
    descriptors again under /proc; root is not held up by that.
    """
    for fd in private_fds:
        os.set_inheritable(fd, False)
    prctl = _prctl()
    prctl(_PR_SET_DUMPABLE, 0)
    runner = os.getpid()
    in_worker = False

    def enter_worker() -> None:
        nonlocal in_worker
        if in_worker:  # a process of the worker's own: the numbers may mean other files by now
            return
        in_worker = True
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)  # the runner's event loop listens at its other end
        for fd in private_fds:
            os.close(fd)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != runner:  # it died before the request was in force
            os._exit(1)
        prctl(_PR_SET_DUMPABLE, 1)

    os.register_at_fork(after_in_child=enter_worker)


def _prctl() -> Callable[[int, int], int]:
    if sys.platform != "linux":
        return lambda _option, _value: 0
    prctl = ctypes.CDLL(None).prctl
    prctl.argtypes = [ctypes.c_int, ctypes.c_ulong]
    return prctl
