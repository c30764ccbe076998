"""An evaluator that does harm with the first program, in the way that HARM names."""

import mmap
import os
import subprocess
import sys
import time
from pathlib import Path


def supervisors():
    """Process 1, and the entrypoint where that is another one."""
    commands = {int(path.parent.name): path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")}
    return [pid for pid, command in commands.items() if pid == 1 or command.split(b"\0")[0].endswith(b"/node")]


def state(pid):
    """One letter; T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def send(number):
    found = sorted(supervisors())
    for pid in found:
        os.kill(pid, number)
    time.sleep(1)
    Path("/tmp/states").write_text("".join(state(pid) for pid in found))


def outlive_the_runner():
    """A process of which neither parent, nor group, nor environment says where it came from."""
    beat = "while True:\n open('/tmp/beats', 'a').write(f'{time.time()}\\n'); time.sleep(.005)"
    subprocess.Popen([sys.executable, "-c", "import time\n" + beat], env={}, start_new_session=True)
    while not os.path.exists("/tmp/beats"):
        time.sleep(0.01)


def leave_orphans():
    """Processes that end when whoever started them has ended."""
    for _ in range(20):
        subprocess.run(["/bin/sh", "-c", "sleep 0 & exit"])
    time.sleep(1)
    states = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            states.append(state(pid))
        except OSError:  # it has just gone
            continue
    print("NOBODY waits for", states.count("Z"), flush=True)


def fork_without_end():
    while True:
        try:
            os.fork()
        except OSError:
            print("NO MORE processes", flush=True)


def take_memory_that_no_limit_counts():
    """Shared pages are not data of a process: only the container's own limit stops them."""
    kept = []
    while True:
        kept.append(mmap.mmap(-1, 64 << 20))
        kept[-1].write(bytes(64 << 20))


def fill_the_working_folder():
    number = 0
    while True:
        number += 1
        try:
            Path(f"/tmp/filling-{number}").write_bytes(bytes(1 << 20))
        except OSError as error:
            print("NO MORE space:", error, flush=True)
            return


def evaluate(path):
    harm = os.environ["HARM"]
    if "x = 1" in Path(path).read_text():
        send(int(harm)) if harm.isdigit() else globals()[harm]()
    return {"combined_score": 1.0}
