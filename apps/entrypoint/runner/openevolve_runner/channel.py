"""Messages between the runner and one worker, over a socket.

Evolved code can write to a worker's end, or stop its process in the middle of a message. So the
runner reads bytes and not objects, believes no length, and can give up at any moment.
"""

from __future__ import annotations

import socket
import struct
from typing import Callable

# Runner to worker: a pickled call; and that an import or evaluation may begin. Worker to runner:
# it would import the evaluator, or evaluate in so many stages, and waits to be let; that it ended,
# and whether something of it still runs; the result of the call; and the same from a worker that
# must not be used again.
CALL = b"c"
BEGIN = b"b"
IMPORT = b"i"
EVALUATION = b"e"
ENDED = b"d"
RESULT = b"r"
LAST_RESULT = b"l"

_HEADER = struct.Struct("!cQ")
_CHUNK_BYTES = 1 << 20

# The runner holds results of all workers in its memory, so one evaluation must not fill it.
MAX_RESULT_BYTES = 256 << 20


class ChannelError(Exception):
    """The other end is gone, or sends what is no message."""


def send(
    connection: socket.socket, kind: bytes, body: bytes, check: Callable[[], None] = lambda: None
) -> None:
    """Send one message. `check` runs all the while, at least at each time-out of the socket, and
    raises to give up.

    Raises ChannelError.
    """
    try:
        for part in (memoryview(_HEADER.pack(kind, len(body))), memoryview(body)):
            while part:
                try:
                    part = part[connection.send(part) :]
                except TimeoutError:
                    pass
                check()
    except OSError as error:
        raise ChannelError(str(error)) from error


def receive(
    connection: socket.socket, limit: int, check: Callable[[], None] = lambda: None
) -> tuple[bytes, bytes]:
    """Receive one message of at most `limit` bytes: its kind and its body; `check` as in `send`.

    Raises ChannelError.
    """
    kind, length = _HEADER.unpack(_read(connection, _HEADER.size, check))
    if length > limit:
        raise ChannelError(f"a message of {length} bytes is no message")
    return kind, bytes(_read(connection, length, check))


def _read(connection: socket.socket, length: int, check: Callable[[], None]) -> bytearray:
    data = bytearray()
    while len(data) < length:
        try:
            chunk = connection.recv(min(_CHUNK_BYTES, length - len(data)))
        except TimeoutError:
            check()
            continue
        except OSError as error:
            raise ChannelError(str(error)) from error
        if not chunk:
            raise ChannelError("the other end is closed")
        data += chunk
        check()
    return data
