"""The events that the runner tells its parent, as JSON lines on a descriptor of their own."""

from __future__ import annotations

import json
import os
from typing import Any, Callable


class Events:
    """Writes events. Only the main thread may call it.

    A reader that is gone ends the run: `on_lost` is called once, and events are dropped from
    then on.
    """

    def __init__(self, fd: int, on_lost: Callable[[], None]):
        self._fd = fd
        self._on_lost = on_lost
        self._lost = False

    def emit(self, event: str, **fields: Any) -> None:
        """Write one event; returns when the descriptor has taken all of it.

        Raises ValueError when a number in it is not finite: that would not be JSON.
        """
        line = json.dumps({"event": event, **fields}, allow_nan=False).encode() + b"\n"
        if self._lost:
            return
        try:
            while line:
                line = line[os.write(self._fd, line) :]
        except OSError:
            self._lost = True
            self._on_lost()

    def problem(self, severity: str, message: str) -> None:
        """Tell a person something: `warning`, or `fatal` for what ends the run."""
        self.emit("problem", severity=severity, message=message)
