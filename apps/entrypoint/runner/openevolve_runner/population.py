"""OpenEvolve's database, with programs that are written once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Optional

from openevolve.config import DatabaseConfig
from openevolve.database import Program, ProgramDatabase
from openevolve.population import PopulationStrategy

from openevolve_runner.score import storable_metrics


class Population(ProgramDatabase):
    """What OpenEvolve keeps, and what it decided about each program that was offered to it.

    A program's file never changes once its iteration is over, so `link_from`, the programs folder
    of a finished checkpoint, spares writing it again.
    """

    def __init__(
        self,
        config: DatabaseConfig,
        population_strategy: Optional[PopulationStrategy] = None,
        *,
        stock_cache: bool = False,
    ):
        super().__init__(config, population_strategy)
        if not stock_cache:
            # First in, first out: one smaller than the islands that it serves holds nothing of use.
            self.diversity_cache_size = max(self.diversity_cache_size, 2 * config.population_size)
        self.link_from: Optional[Path] = None
        self._decisions: dict[str, bool] = {}

    def add(
        self,
        program: Program,
        iteration: Optional[int] = None,
        target_island: Optional[int] = None,
    ) -> Optional[str]:
        program.metrics = storable_metrics(program.metrics)
        try:
            admitted = super().add(program, iteration, target_island)
        except Exception:
            # OpenEvolve stores a program before it looks at its metrics; without an island it
            # would stay in every checkpoint as a stray.
            if not any(program.id in island for island in self.islands):
                self.programs.pop(program.id, None)
            raise
        self._decisions[program.id] = admitted is not None
        return admitted

    def begin_decisions(self) -> None:
        """Forget what was decided so far: the next result is taken."""
        self._decisions.clear()

    def decision(self, program_id: str) -> Optional[bool]:
        """True for admitted, False for turned down, None for neither, since `begin_decisions`."""
        return self._decisions.get(program_id)

    def load(self, path: str) -> None:
        """Load a checkpoint, with prompts where they are before a restart.

        OpenEvolve leaves them in the programs, and from then on sends every prompt of the run to
        a worker with every iteration.
        """
        super().load(path)
        self.prompts_by_program = {}
        for program in self.programs.values():
            if program.prompts:
                self.prompts_by_program[program.id] = program.prompts
                program.prompts = None

    def save(self, path: Optional[str] = None, iteration: int = 0) -> None:
        if self.prompts_by_program:  # OpenEvolve keeps those of displaced programs for ever
            for program_id in self.prompts_by_program.keys() - self.programs.keys():
                del self.prompts_by_program[program_id]
        super().save(path, iteration)

    def _save_program(
        self,
        program: Program,
        base_path: Optional[str] = None,
        prompts: Optional[dict[str, Any]] = None,
        programs_dir: Optional[str] = None,
    ) -> None:
        if self.link_from is not None and programs_dir is not None:
            name = f"{program.id}.json"
            try:
                os.link(self.link_from / name, os.path.join(programs_dir, name))
                return
            except OSError:  # new, or on another file system: write it
                pass
        super()._save_program(program, base_path, prompts, programs_dir)
