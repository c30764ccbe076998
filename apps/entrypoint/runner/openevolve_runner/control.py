"""The commands of the parent, as JSON lines on a descriptor of their own."""

from __future__ import annotations

import json
import logging
import os
import threading
from typing import Any, Callable, Optional

logger = logging.getLogger(__name__)


OnStop = Callable[[Optional[float]], None]


def listen(
    fd: int,
    on_save: Callable[[], None],
    on_held: Callable[[int], None],
    on_stop: OnStop,
) -> None:
    """Read commands on a daemon thread until the end of the pipe, which means a stop.

    A thread, because OpenEvolve's loop does not yield while results keep coming. All callbacks
    run on that thread; a stop gets its grace in seconds, and may come again with another one.
    """
    threading.Thread(
        target=_read, args=(fd, on_save, on_held, on_stop), daemon=True, name="control"
    ).start()


def _read(
    fd: int,
    on_save: Callable[[], None],
    on_held: Callable[[int], None],
    on_stop: OnStop,
) -> None:
    rest = b""
    while chunk := os.read(fd, 65536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            document = _parse(line)
            command = document.get("command")
            if command == "save":
                on_save()
            elif command == "held" and isinstance(document.get("calls"), int):
                on_held(document["calls"])
            elif command == "stop":
                grace = document.get("grace_seconds")
                on_stop(float(grace) if isinstance(grace, (int, float)) else None)
            else:
                logger.warning("Ignored an unknown command on the control pipe: %r", line[:200])
    on_stop(None)


def _parse(line: bytes) -> dict[str, Any]:
    try:
        document = json.loads(line)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
