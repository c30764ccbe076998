"""Processes that evolved code starts and leaves behind.

Nobody may wait for them otherwise: in the image the entrypoint is process 1, and waits for the
children that it started alone. What ended and is waited for by nobody still counts as a process.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Container

# <linux/prctl.h>
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Make this process the parent of whatever its descendants leave behind. Only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait_for_orphans(own: Container[int]) -> None:
    """Wait for those that have ended, without delay; `own` are children that others wait for.

    It stops at a child of `own` that has ended: call it again.
    """
    if sys.platform != "linux":
        return
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None or ended.si_pid in own:
            return
        os.waitpid(ended.si_pid, os.WNOHANG)
