"""Artifacts over 32 KB, which OpenEvolve keeps in folders beside its checkpoints.

They travel in the checkpoint as `artifacts/<program id>/`. A folder never changes once it is there.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Iterable, Optional

from openevolve.database import Program


def capture(programs: Iterable[Program], checkpoint: Path, previous: Optional[Path]) -> list[Path]:
    """Link the artifacts of `programs` into `checkpoint`; returns the files not in `previous`."""
    new: list[Path] = []
    for source in {Path(program.artifact_dir) for program in programs if program.artifact_dir}:
        if not source.is_dir():
            continue
        target = checkpoint / "artifacts" / source.name
        shutil.copytree(source, target, copy_function=_link)
        if previous is None or not (previous / "artifacts" / source.name).is_dir():
            new += [path for path in target.rglob("*") if path.is_file()]
    return new


def restore(programs: Iterable[Program], checkpoint: Path, base: Path) -> None:
    """Put a checkpoint's artifacts back under `base`, and point their programs there."""
    if (checkpoint / "artifacts").is_dir():
        shutil.rmtree(base, ignore_errors=True)
        shutil.copytree(checkpoint / "artifacts", base, copy_function=_link)
    for program in programs:
        if program.artifact_dir:
            program.artifact_dir = str(base / Path(program.artifact_dir).name)


def discard_unused(programs: Iterable[Program], base: Path) -> None:
    """Delete the artifacts of programs that left the population; checkpoints keep their links."""
    if not base.is_dir():
        return
    used = {Path(program.artifact_dir).name for program in programs if program.artifact_dir}
    for folder in base.iterdir():
        if folder.name not in used:
            shutil.rmtree(folder, ignore_errors=True)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
