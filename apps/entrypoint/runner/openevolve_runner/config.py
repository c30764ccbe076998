"""The user's config.yaml, as this run needs it."""

from __future__ import annotations

from pathlib import Path

from openevolve.config import Config
from openevolve.config import load_config as load_openevolve_config

from openevolve_runner.errors import UnusableInputError, in_short


def load_config(path: Path, *, artifacts: Path, workers: int) -> Config:
    """Read the config and set in it what the runner decides: workers, and where data lies.

    Raises UnusableInputError for a config that OpenEvolve cannot read or that names no model.
    """
    if not path.is_file():  # OpenEvolve would go on without models
        raise UnusableInputError(f"The config {path} does not exist: name an existing file.")
    try:
        config = load_openevolve_config(path)
    except Exception as error:
        raise UnusableInputError(
            f"The config {path} cannot be used ({type(error).__name__}: {in_short(error)}): "
            "correct it."
        ) from error
    if not config.llm.models:
        raise UnusableInputError(
            f"The config {path} names no model: add llm.primary_model or llm.models."
        )
    config.evaluator.parallel_evaluations = workers
    # When to save is the runner's to decide; OpenEvolve divides by this number at the end.
    config.checkpoint_interval = max(1, config.checkpoint_interval)
    # OpenEvolve would load an earlier run from here, and save every program a second time.
    config.database.db_path = None
    config.database.artifacts_base_path = str(artifacts)
    return config
