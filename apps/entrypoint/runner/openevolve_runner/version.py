"""The one version of OpenEvolve that the runner drives: the one in its lock."""

import re
from importlib import metadata
from pathlib import Path

from openevolve_runner.errors import RunnerError

LOCK = Path(__file__).resolve().parent.parent / "requirements.txt"


def pinned_version() -> str:
    """The version of OpenEvolve that requirements.txt names."""
    found = re.search(r"^openevolve==([^\s;\\]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise RunnerError(f"{LOCK} names no version of openevolve: install the runner again.")
    return found.group(1)


def require_pinned_version() -> str:
    """The installed version, which is the pinned one.

    Raises RunnerError when it is another one, or none: the runner relies on how exactly that
    version takes results and writes checkpoints.
    """
    pinned = pinned_version()
    try:
        installed = metadata.version("openevolve")
    except metadata.PackageNotFoundError:
        installed = "not installed"
    if installed != pinned:
        raise RunnerError(
            f"OpenEvolve {pinned} is needed, and this Python environment has: {installed}. "
            f"Install {LOCK}, and take openevolve out of the job's own requirements."
        )
    return installed
