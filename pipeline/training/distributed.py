"""A training's workers: who this process is among them, and what they tell each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
from torch import distributed, nn

from models.runtime.device import CPU
from pipeline.training.halt import Stopped

PATIENCE = timedelta(days=7)
"""For so long workers wait for each other, the process group's time limit: for the first one, until it has trained what
comes first. When it dies they end at once, because their connection to it does."""

T = TypeVar("T")


def _as_it_is(module: nn.Module) -> nn.Module:
    return module


@dataclass(frozen=True)
class Workers:
    """rank: this process's, of world. wrap: what makes a module average its gradients over them."""

    rank: int = 0
    world: int = 1
    wrap: Callable[[nn.Module], nn.Module] = _as_it_is

    @property
    def first(self) -> bool:
        """Whether this is worker 0, whose files and halts are all workers'."""
        return self.rank == 0

    def agreed(self, why: str | None) -> str | None:
        """Worker 0's answer, on every worker."""
        if self.world == 1:
            return why
        said = [why]
        distributed.broadcast_object_list(said, 0, device=CPU)
        return said[0]

    def summed(self, values: torch.Tensor) -> torch.Tensor:
        """The sum over all workers of a tensor on the CPU."""
        if self.world > 1:
            distributed.all_reduce(values)
        return values

    def in_turn(self, make: Callable[[], T]) -> T:
        """What `make` gives: on worker 0 first, which keeps what the others then find. Stopped: there, so on all."""
        if not self.first:
            stop = self.agreed(None)
            if stop is not None:
                raise Stopped(stop, "waiting for the first worker")
            return make()
        try:
            made = make()
        except Stopped as said:
            self.agreed(said.why)
            raise
        self.agreed(None)
        return made


ALONE = Workers()
