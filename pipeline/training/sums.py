"""Losses of the steps between two points of the curves: their sums, which a training that stops keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from pipeline.training.distributed import Workers


class Sums:
    """By name the sum and the number of steps that have it. steps: all that were counted."""

    def __init__(self, state: Mapping[str, Any] | None = None, counts: bool = True) -> None:
        """state: as `state` gave it. counts: False on the workers beside the one that counts what was kept."""
        self.steps: int = 0 if state is None else state["steps"]
        kept = {} if state is None else state["sums"]
        self._sums = {name: list(each) if counts else [0.0, 0.0] for name, each in kept.items()}

    def add(self, seen: Mapping[str, float]) -> None:
        """The losses of a step, none where it was left out."""
        self.steps += 1
        for name, value in seen.items():
            total, count = self._sums.get(name, (0.0, 0.0))
            self._sums[name] = [total + value, count + 1]

    def state(self) -> dict[str, Any]:
        """As numbers."""
        return {"steps": self.steps, "sums": self._sums}

    def over(self, workers: Workers) -> Sums:
        """Those of all workers; every worker calls this, and all have had the same losses."""
        if not self._sums or workers.world == 1:
            return self
        names = sorted(self._sums)
        sums = workers.summed(torch.tensor([self._sums[name] for name in names], dtype=torch.float64))
        return Sums({"steps": self.steps, "sums": dict(zip(names, sums.tolist(), strict=True))})

    def means(self) -> dict[str, float]:
        """Over the steps that have it."""
        found = torch.tensor([self._sums[name] for name in sorted(self._sums)]).reshape(-1, 2)
        return {name: float(total / count) for name, (total, count) in zip(sorted(self._sums), found, strict=True)}
