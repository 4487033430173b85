"""What a training will take, measured over a few of its steps."""

from __future__ import annotations

import resource
import time
from collections.abc import Mapping

import torch

from models.runtime.device import device

_ON_CPU, _ON_GPU = (2, 4), (10, 20)
"""Steps before it is measured, and while it is; a GPU's first ones find out how it is best done."""


class Stopwatch:
    """Hears steps (`Session.report`) and notes when each was; steps: to be taken in all."""

    def __init__(self) -> None:
        self._before, measured = _ON_CPU if device().type == "cpu" else _ON_GPU
        self.steps = self._before + measured
        self._times = [time.perf_counter()]

    def __call__(self, step: int, figures: Mapping[str, float]) -> None:
        self._times.append(time.perf_counter())

    @property
    def seconds_a_step(self) -> float:
        """Of the steps after the first ones; of fewer steps, of those that there were."""
        first = min(self._before, len(self._times) - 2)
        return (self._times[-1] - self._times[first]) / (len(self._times) - 1 - first)


def megabytes() -> tuple[float, float]:
    """The most that this process has taken of the machine's memory and, if there is one, of the GPU's."""
    gpu = torch.cuda.max_memory_reserved() / 2**20 if device().type == "cuda" else 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, gpu
