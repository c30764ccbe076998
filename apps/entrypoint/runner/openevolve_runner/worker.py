"""What a worker does: it takes one call after the other, until it is killed."""

from __future__ import annotations

import base64
import json
import pickle
import socket
import sys
from typing import Any

from openevolve import process_parallel
from openevolve.process_parallel import SerializableResult

from openevolve_runner import channel, evaluation
from openevolve_runner.errors import in_short
from openevolve_runner.score import storable_metrics

Document = dict[str, Any]
_BYTES = "base64 bytes"


def serve(connection: socket.socket) -> None:
    """Answer calls with one document each; returns only by an error.

    A call that raises, be it SystemExit, answers with `{"error": ...}`.
    """
    evaluation.watch_with(
        send=lambda kind, body: channel.send(connection, kind, body),
        await_begin=lambda: _expect(channel.BEGIN, connection),
    )
    while True:
        call = _expect(channel.CALL, connection)
        answer = _answer(call)
        kind = channel.LAST_RESULT if evaluation.spoiled() else channel.RESULT
        channel.send(connection, kind, answer)


def _expect(kind: bytes, connection: socket.socket) -> bytes:
    received, body = channel.receive(connection, sys.maxsize)
    if received != kind:
        raise channel.ChannelError(f"{received!r} came where {kind!r} belongs")
    return body


def load_evaluator() -> Document:
    """Import the evaluator; it stays loaded for the calls that follow."""
    try:
        process_parallel._lazy_init_worker_components()
    except (Exception, SystemExit) as error:
        return {"unusable": f"{type(error).__name__}: {error}"}
    return {}


def evaluate(code: str, program_id: str) -> Document:
    """Evaluate a program that no iteration made.

    `{"metrics": ..., "artifacts": ..., "hangs": whether it still runs}`
    """
    process_parallel._lazy_init_worker_components()
    evaluator = process_parallel._worker_evaluator
    metrics = process_parallel._run_worker_async(evaluator.evaluate_program(code, program_id))
    artifacts = evaluator.get_pending_artifacts(program_id)
    return {
        "metrics": storable_metrics(metrics),
        "artifacts": artifacts,
        "hangs": evaluation.hangs(),
    }


def decode(answer: bytes) -> Document:
    """The document of an answer.

    JSON, because unpickling what a worker sends would let evolved code run in the runner.

    Raises ValueError for anything else.
    """
    try:
        document = json.loads(answer, object_hook=_with_bytes)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(document, dict):
        raise ValueError("it is no object")
    return document


def _answer(call: bytes) -> bytes:
    try:
        function, arguments = pickle.loads(call)
        answer = _encode(function(*arguments))
        if len(answer) > channel.MAX_RESULT_BYTES:
            raise ValueError(
                f"metrics and artifacts of {len(answer) >> 20} MiB are more than the "
                f"{channel.MAX_RESULT_BYTES >> 20} MiB that a result may have"
            )
    except BaseException as error:
        return _encode({"error": in_short(f"{type(error).__name__}: {error}")})
    return answer


def _encode(result: object) -> bytes:
    if isinstance(result, SerializableResult):
        child = result.child_program_dict
        if child:
            child["metrics"] = storable_metrics(child["metrics"])
        result = vars(result)
    return json.dumps(result, default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray)):
        return {_BYTES: base64.b64encode(value).decode()}
    return value.item() if getattr(value, "ndim", None) == 0 else str(value)


def _with_bytes(document: Document) -> Any:
    return base64.b64decode(document[_BYTES]) if document.keys() == {_BYTES} else document
