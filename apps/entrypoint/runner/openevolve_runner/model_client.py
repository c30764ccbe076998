"""The clients with which OpenEvolve asks its models."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import openai
import openevolve.llm.openai


def use_plain_clients() -> None:
    """Spare OpenEvolve's clients the certificates of the world where they never need one.

    Every model of every worker has a client of its own, and each would read and parse all root
    certificates (20 ms of CPU), although the gateway is on the loopback interface.
    """
    # The name in OpenEvolve's module only: what evaluators use stays as it is.
    openevolve.llm.openai.openai = SimpleNamespace(AsyncOpenAI=_client)


def _client(*, base_url: str, **options: Any) -> openai.AsyncOpenAI:
    if base_url.startswith("http://"):
        plain = openai.DefaultAsyncHttpxClient(verify=False)  # there is nothing to verify
        return openai.AsyncOpenAI(base_url=base_url, http_client=plain, **options)
    return openai.AsyncOpenAI(base_url=base_url, **options)
