"""Run a command and write what it and all that it started cost, as JSON, to a file.

usage: process-cost.py FILE COMMAND...

`seconds` of wall clock until the command ended, `cpu_seconds` (user and system) of it and of every
descendant, `peak_bytes` of the command's own process. Descendants that outlive their parents are
adopted and waited for, so none is left out.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import threading
import time

PR_SET_CHILD_SUBREAPER = 36
POLL_SECONDS = 0.1

ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
peak = 0


def watch(pid: int) -> None:
    global peak
    while True:
        try:
            with open(f"/proc/{pid}/status") as status:
                lines = [line for line in status if line.startswith("VmHWM:")]
        except OSError:
            return
        if not lines:  # it has ended
            return
        peak = max(peak, int(lines[0].split()[1]) * 1024)
        time.sleep(POLL_SECONDS)


began = time.monotonic()
command = subprocess.Popen(sys.argv[2:])
threading.Thread(target=watch, args=(command.pid,), daemon=True).start()
code = command.wait()
seconds = time.monotonic() - began
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    cost = {"seconds": seconds, "cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_bytes": peak}
    json.dump(cost, file)
sys.exit(code)
