"""The commands of the parent, as JSON lines on a descriptor of their own."""

from __future__ import annotations

import json
import logging
import os
import threading
from typing import Callable

logger = logging.getLogger(__name__)


def listen(fd: int, on_save: Callable[[], None], on_stop: Callable[[], None]) -> None:
    """Read commands on a daemon thread until a stop, or the end of the pipe, which means one too.

    A thread, because OpenEvolve's loop does not yield while results keep coming. Both callbacks
    run on that thread.
    """
    threading.Thread(target=_read, args=(fd, on_save, on_stop), daemon=True, name="control").start()


def _read(fd: int, on_save: Callable[[], None], on_stop: Callable[[], None]) -> None:
    rest = b""
    while chunk := os.read(fd, 65536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            command = _parse(line)
            if command == "save":
                on_save()
            elif command == "stop":
                on_stop()
                return
            else:
                logger.warning("Ignored an unknown command on the control pipe: %r", line[:200])
    on_stop()


def _parse(line: bytes) -> object:
    try:
        document = json.loads(line)
    except ValueError:
        return None
    return document.get("command") if isinstance(document, dict) else None
