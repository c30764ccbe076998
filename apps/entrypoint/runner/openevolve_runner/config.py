"""The user's config.yaml, as this run needs it."""

from __future__ import annotations

from pathlib import Path

from openevolve.config import Config, load_config

from openevolve_runner.errors import UnusableInputError, in_short
from openevolve_runner.run_file import RunFile


def load(run: RunFile) -> Config:
    """Read the config and set in it what the runner decides: workers, and where data lies.

    Raises UnusableInputError for a config that OpenEvolve cannot read or that names no model.
    """
    path = run.config
    if not path.is_file():  # OpenEvolve would go on without models
        raise UnusableInputError(f"The config {path} does not exist: name an existing file.")
    try:
        config = load_config(path)
    except Exception as error:
        raise UnusableInputError(
            f"The config {path} cannot be used ({type(error).__name__}: {in_short(error)}): "
            "correct it."
        ) from error
    if not config.llm.models:
        raise UnusableInputError(
            f"The config {path} names no model: add llm.primary_model or llm.models."
        )
    config.evaluator.parallel_evaluations = run.workers
    # OpenEvolve would load an earlier run from here, and save every program a second time.
    config.database.db_path = None
    config.database.artifacts_base_path = str(Path(run.output) / "artifacts")
    return config
