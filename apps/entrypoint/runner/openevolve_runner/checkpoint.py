"""Checkpoints that appear whole: written aside, flushed, and renamed into place."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Callable, Iterable, Optional

from openevolve_runner import artifacts
from openevolve_runner.population import Population

# OpenEvolve's own save: called with a folder and an iteration, writes into the folder that it
# returns, which lies in the given one.
Save = Callable[[Path, int], Path]


class CheckpointFolder:
    """`checkpoints/`, in which `checkpoint_<done>` folders are finished for ever.

    `newest` is the last one that was declared, or the one that the run resumed from. Its receiver
    keeps it, so that what did not change can be linked from it: a save costs what is new.
    """

    def __init__(
        self,
        folder: Path,
        population: Population,
        save: Save,
        *,
        artifacts_base: Path,
        newest: Optional[Path],
    ):
        self._folder = folder
        self._population = population
        self._save = save
        self._artifacts_base = artifacts_base
        self.newest = newest
        folder.mkdir(parents=True, exist_ok=True)
        for unfinished in folder.glob(".tmp-*"):
            shutil.rmtree(unfinished)

    def write(self, label: str, iteration: int) -> Path:
        """Save the population as `label`; returns the folder, after it is on disk.

        A newest checkpoint of that label holds the same and is returned as it is. Any other folder
        of that label is of an attempt that was lost, and is replaced.

        Raises OSError, and leaves nothing behind.
        """
        target = self._folder / label
        if self.newest == target and target.is_dir():
            return target
        aside = Path(tempfile.mkdtemp(prefix=".tmp-", dir=self._folder))
        try:
            self._population.link_from = self.newest and self.newest / "programs"
            written = self._save(aside, iteration)
            programs = self._population.programs.values()
            new_artifacts = artifacts.capture(programs, written, self.newest)
            _flush(written, new_artifacts)
            if target.exists():
                target.rename(aside / "replaced")
            written.rename(target)
            _flush_path(self._folder)
        finally:
            self._population.link_from = None
            shutil.rmtree(aside, ignore_errors=True)
        self.newest = target
        artifacts.discard_unused(programs, self._artifacts_base)
        return target


def _flush(checkpoint: Path, new_artifacts: Iterable[Path]) -> None:
    """Flush what is new: a file with a second link was flushed with an earlier checkpoint."""
    folders = [
        folder
        for folder in (checkpoint / "programs", checkpoint / "artifacts", checkpoint)
        if folder.is_dir()
    ]
    for folder in folders:
        for entry in os.scandir(folder):
            if entry.is_file() and entry.stat().st_nlink == 1:
                _flush_path(Path(entry.path))
    for path in [*new_artifacts, *folders]:
        _flush_path(path)


def _flush_path(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
