"""How fast a training goes, and whether it is its data that it waits for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

EXAMPLES, WAITED = "speed/windows", "speed/waited"
"""Figures of the curves: windows a second, of all workers; the share of the time in which the next ones were awaited.
On a GPU, which works on meanwhile, this is the most that waiting can have cost."""


class Speed:
    """Of the steps since `restart`. steps: how many they are."""

    def __init__(self, examples: int | None) -> None:
        """examples: windows of a step, of all workers; None: nobody asks."""
        self._examples = examples
        self.restart()

    def restart(self) -> None:
        """Forget what was; what follows counts."""
        self.steps, self._waited, self._began = 0, 0.0, time.perf_counter()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Meanwhile the next batch is awaited."""
        began = time.perf_counter()
        yield
        self._waited += time.perf_counter() - began

    def figures(self) -> dict[str, float]:
        """For a point of the curves; nothing where nobody asks, or no step was taken."""
        if self._examples is None or not self.steps:
            return {}
        passed = time.perf_counter() - self._began
        return {EXAMPLES: self._examples * self.steps / passed, WAITED: self._waited / passed}
