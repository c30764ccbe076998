"""A small OpenAI-compatible server whose replies a test controls."""

from __future__ import annotations

import itertools
import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable, Optional


@dataclass(frozen=True)
class Reply:
    """`code` of None is an HTTP 500 with `error`; `seconds` is how long the reply takes."""

    code: Optional[str]
    seconds: float = 0.0
    error: str = "out of order"


def program(value: object) -> str:
    return f"def value():\n    return {value}\n"


class ModelServer:
    """Counts requests from 1 on; 30 prompt tokens and 7 completion tokens each."""

    def __init__(self) -> None:
        self.behave: Callable[[int], Reply] = lambda number: Reply(program(number))
        self.requests = itertools.count(1)
        self.bodies: list[bytes] = []
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet for a reply: two would wait for an acknowledgement

            def do_POST(self) -> None:
                model.bodies.append(self.rfile.read(int(self.headers["content-length"])))
                reply = model.behave(next(model.requests))
                time.sleep(reply.seconds)
                body = json.dumps(model.completion(reply)).encode()
                try:
                    self.send_response(500 if reply.code is None else 200)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # the worker is gone, as the test wants it

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def completion(self, reply: Reply) -> dict[str, object]:
        if reply.code is None:
            return {"error": {"message": reply.error}}
        message = {"role": "assistant", "content": f"```python\n{reply.code}```"}
        return {
            "id": "reply",
            "object": "chat.completion",
            "created": 0,
            "model": "test",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 30, "completion_tokens": 7, "total_tokens": 37},
        }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
