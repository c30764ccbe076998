from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
from job import Job
from model_server import ModelServer


@pytest.fixture
def model() -> Iterator[ModelServer]:
    server = ModelServer()
    yield server
    server.close()


@pytest.fixture
def job(tmp_path: Path, model: ModelServer) -> Iterator[Job]:
    made = Job(tmp_path, model)
    yield made
    made.close()
