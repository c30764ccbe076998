"""What a worker gets of the population: only what OpenEvolve's prompt is made of."""

from __future__ import annotations

import math
from itertools import islice
from typing import Any

from openevolve.config import PromptConfig
from openevolve.database import Program, ProgramDatabase
from openevolve.utils.metrics_utils import safe_numeric_average

Snapshot = dict[str, Any]
_FORGET_AFTER = 1000


class Snapshots:
    """Snapshots like those of OpenEvolve's `_create_database_snapshot`, which hold the population.

    A worker reads the parent, its artifacts, the inspirations, and of the parent's island the best
    by score: so many as its prompt shows.
    """

    def __init__(self, database: ProgramDatabase, prompt: PromptConfig):
        self._database = database
        self._shown = prompt.num_top_programs + prompt.num_diverse_programs
        self._scores: dict[str, Any] = {}

    def for_iteration(self, parent_id: str, inspiration_ids: list[str]) -> Snapshot:
        database = self._database
        island = database.programs[parent_id].metadata.get("island", database.current_island)
        islands: list[list[str]] = [[] for _ in database.islands]
        islands[island] = self._best_first(
            [pid for pid in database.islands[island] if pid in database.programs]
        )
        sent = {parent_id, *inspiration_ids, *islands[island]}
        return {
            "programs": {
                pid: database.programs[pid].to_dict() for pid in sent if pid in database.programs
            },
            "islands": islands,
            "current_island": database.current_island,
            "feature_dimensions": database.config.feature_dimensions,
            "artifacts": self._artifacts(parent_id),
        }

    def _best_first(self, island: list[str]) -> list[str]:
        """The first programs that the worker's own sort of the whole island would give."""
        scores = {pid: self._score(self._database.programs[pid]) for pid in island}
        if not all(_orders(score) for score in scores.values()):
            return island  # the worker's sort fails, or its outcome follows from all of them
        return sorted(island, key=scores.__getitem__, reverse=True)[: self._shown]

    def _score(self, program: Program) -> Any:
        """What the worker sorts by. Metrics of a program never change."""
        if len(self._scores) > 2 * len(self._database.programs) + _FORGET_AFTER:
            self._scores.clear()
        if program.id not in self._scores:
            metrics = program.metrics
            self._scores[program.id] = metrics.get("combined_score", safe_numeric_average(metrics))
        return self._scores[program.id]

    def _artifacts(self, parent_id: str) -> dict[str, Any]:
        """OpenEvolve sends artifacts of its first programs only, and the worker reads the parent's."""
        database = self._database
        if parent_id not in islice(database.programs, database.config.max_snapshot_artifacts):
            return {}
        artifacts = database.get_artifacts(parent_id)
        return {parent_id: artifacts} if artifacts else {}


def _orders(score: Any) -> bool:
    return isinstance(score, int) or (isinstance(score, float) and not math.isnan(score))
