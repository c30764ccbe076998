"""A JSON Schema of config.yaml, made from OpenEvolve's own dataclasses.

OpenEvolve ignores a key that it does not know, so a slip of the pen runs for hours with a default.
Run from the runner's folder: `python -B -m openevolve_runner.config_schema`.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from typing import Any, Callable

from openevolve.config import Config

Schema = dict[str, Any]

# Text to OpenEvolve, which fails late, or writes nothing, when it is another one.
_CHOICES = {
    "log_level": ["NOTSET", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL"],
    "format": ["jsonl", "json", "hdf5"],
}
_SCALARS: dict[object, Schema] = {
    bool: {"type": "boolean"},
    float: {"type": "number"},
    int: {"type": "integer"},
    str: {"type": "string"},
    type(None): {"type": "null"},
}


def config_schema() -> Schema:
    """The schema (draft 2020-12): exact in its keys, as lenient in values as OpenEvolve is.

    >>> config_schema()["properties"]["max_iterations"]
    {'type': 'integer'}
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "OpenEvolve config.yaml",
        **_object(Config),
    }


def _object(cls: Any) -> Schema:
    hints = typing.get_type_hints(cls, localns={"LLMInterface": Callable})
    properties = {
        field.name: (
            {"enum": _CHOICES[field.name]} if field.name in _CHOICES else _value(hints[field.name])
        )
        for field in dataclasses.fields(cls)
        if not field.name.startswith("_")
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _value(hint: Any) -> Schema:
    if hint in _SCALARS:
        return dict(_SCALARS[hint])
    if dataclasses.is_dataclass(hint):
        return _object(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _any_of([_value(argument) for argument in arguments if not _is_code(argument)])
    if origin is list:
        return {"type": "array", "items": _value(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _value(arguments[1])}
    if hint is Any:
        return {}
    raise TypeError(f"no schema for {hint!r}: teach config_schema.py this type")


def _is_code(hint: Any) -> bool:
    """A value that only Python code can give."""
    return hint is Callable or typing.get_origin(hint) is Callable


def _any_of(schemas: list[Schema]) -> Schema:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


if __name__ == "__main__":
    print(json.dumps(config_schema(), indent=2, sort_keys=True))
