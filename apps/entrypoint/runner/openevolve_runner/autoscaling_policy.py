"""How many workers a machine is used fully with, and what would allow for more. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

# For each vCPU. A worker that waits costs memory only, but ever more of them learn ever less of
# each other's results.
MOST_WORKERS_PER_VCPU = 16
# So many generations an asked number of iterations is good for at least.
GENERATIONS = 10
# CPU that an iteration takes beside its evaluation: prompt, request and reply, population.
ITERATION_CPU_SECONDS = 0.02
# Times that vary leave slots empty now and then, unless some more workers are there.
HEADROOM = 1.25
# Before it is measured, and where it cannot be.
ASSUMED_WORKER_MIB = 64.0
# Fewer workers only when they are far too many: each has to import the evaluator again.
SHRINK_BELOW = 0.6
# Where memory does not bear them: what is measured of it varies that much.
SHRINK_BELOW_FOR_MEMORY = 0.95


@dataclass(frozen=True)
class Bounds:
    """What is known before the run. `memory_mib` is for all workers together."""

    vcpus: int
    slots: int
    iterations: int
    memory_mib: Optional[int]
    workers: Optional[int] = None  # what the user wants, whatever is measured

    @property
    def first(self) -> int:
        """How many to begin with: OpenEvolve's own users choose the vCPUs."""
        return self.vcpus if self.workers is None else self.workers

    @property
    def most(self) -> int:
        return self.vcpus * MOST_WORKERS_PER_VCPU if self.workers is None else self.workers


@dataclass(frozen=True)
class Observed:
    """What was measured; None for what is not known yet. Seconds are means for an iteration."""

    model_seconds: Optional[float] = None
    evaluation_seconds: Optional[float] = None
    worker_mib: Optional[float] = None  # of one more worker, while it waits
    evaluations_mib: float = 0.0  # more for all slots while they are in use
    out_of_memory_at: Optional[int] = None  # so many workers were too many
    model_calls: Optional[int] = None  # so many at one time the provider bears


@dataclass(frozen=True)
class Plan:
    """`limited_by`: what would have to be more for more candidates an hour."""

    workers: int
    limited_by: str
    within_memory: Optional[int] = field(default=None, repr=False)  # so many it bears


def plan(bounds: Bounds, observed: Observed) -> Plan:
    """The number of workers that keeps every slot busy, or the most that there may be.

    Never fewer than vCPUs, which is what OpenEvolve without us would be run with.

    >>> bounds = Bounds(vcpus=2, slots=2, iterations=1000, memory_mib=None)
    >>> plan(bounds, Observed(model_seconds=2.0, evaluation_seconds=0.98))
    Plan(workers=8, limited_by='evaluation')
    >>> plan(bounds, Observed(model_seconds=20.0, evaluation_seconds=0.1))
    Plan(workers=32, limited_by='model')
    """
    if bounds.workers is not None:
        return Plan(bounds.workers, "workers")
    if observed.model_seconds is None:
        return Plan(bounds.first, "model")
    limits = {
        "model": bounds.most,
        "iterations": max(2 * bounds.vcpus, bounds.iterations // GENERATIONS),
    }
    if observed.evaluation_seconds is None:  # as many as OpenEvolve has in flight
        limits["model"] = 2 * bounds.vcpus
    else:
        limits["evaluation"] = _to_fill_slots(bounds.slots, observed)
    if observed.model_calls is not None:
        limits["rate limit"] = observed.model_calls
    memory = _within_memory(bounds, observed)
    if memory is not None:
        limits["memory"] = memory
    limit = min(limits, key=lambda name: limits[name])
    return Plan(
        max(bounds.vcpus, limits[limit]),
        limit,
        None if memory is None else max(bounds.vcpus, memory),
    )


def next_size(size: int, planned: Plan) -> int:
    """The number of workers to have now: more at once, fewer only when it is worth it, or when
    memory does not bear them.

    >>> [next_size(size, Plan(workers, "model")) for size, workers in [(8, 9), (9, 8), (9, 5)]]
    [9, 9, 5]
    >>> next_size(9, Plan(7, "model", within_memory=8))
    8
    """
    if planned.workers > size or planned.workers < SHRINK_BELOW * size:
        return planned.workers
    bearable = planned.within_memory
    return size if bearable is None or bearable >= SHRINK_BELOW_FOR_MEMORY * size else bearable


def _to_fill_slots(slots: int, observed: Observed) -> int:
    busy = (observed.evaluation_seconds or 0.0) + ITERATION_CPU_SECONDS
    for_one_slot = ((observed.model_seconds or 0.0) + busy) / busy
    return int(slots * for_one_slot * HEADROOM) + 1


def _within_memory(bounds: Bounds, observed: Observed) -> Optional[int]:
    known = []
    if bounds.memory_mib is not None:
        free = bounds.memory_mib - observed.evaluations_mib
        known.append(int(free / (observed.worker_mib or ASSUMED_WORKER_MIB)))
    if observed.out_of_memory_at is not None:
        known.append(observed.out_of_memory_at * 3 // 4)
    return min(known, default=None)
