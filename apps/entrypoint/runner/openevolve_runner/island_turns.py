"""Which island has the next iteration."""

from __future__ import annotations


class IslandTurns:
    """Keeps as many iterations running for one island as for another.

    >>> turns = IslandTurns(3)
    >>> [turns.begin() for _ in range(4)]
    [0, 1, 2, 0]
    >>> turns.end(1)
    >>> turns.begin()
    1
    """

    def __init__(self, islands: int):
        self._running = [0] * islands
        self._begun_last = [0] * islands
        self._begun = 0

    def begin(self) -> int:
        """The island that has the fewest, of those the one that waits longest."""
        island = min(
            range(len(self._running)), key=lambda i: (self._running[i], self._begun_last[i], i)
        )
        self._begun += 1
        self._begun_last[island] = self._begun
        self._running[island] += 1
        return island

    def end(self, island: int) -> None:
        """An iteration of this island is over."""
        self._running[island] -= 1
