"""A small task: a line is fitted through points, with noise, alone or beside a discriminator; run as a script, too."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from pipeline.training.distributed import PATIENCE, Workers
from pipeline.training.fit import Session, fit
from pipeline.training.optimisation import Group, Optimisation, WarmUpThenDecay
from pipeline.training.task import Outcome, Views

STEPS = 12
SLOPE = torch.tensor([[2.0], [-1.0], [0.5]])


@dataclass(frozen=True)
class Points:
    x: torch.Tensor
    y: torch.Tensor

    def to(self, device: torch.device) -> Points:
        return Points(self.x.to(device), self.y.to(device))


class Doubter:
    """Tells true heights from made ones."""

    start = 4

    def module(self) -> nn.Module:
        torch.manual_seed(5)
        return nn.Linear(1, 1)

    def real(self, batch: Points) -> tuple[torch.Tensor]:
        return (batch.y,)

    def hinge(self, module: nn.Module, real: Views, made: Views) -> torch.Tensor:
        return (1 - module(*real)).relu().mean() + (1 + module(*made)).relu().mean()

    def losses(self, module: nn.Module, real: Views, made: Views) -> dict[str, torch.Tensor]:
        return {"doubt": -module(*made).mean()}


@dataclass
class Line:
    """points: of a step, over all workers. spoil: steps whose loss it multiplies. wait: seconds that a draw takes."""

    optimisation: Optimisation = field(
        default_factory=lambda: Optimisation(STEPS, 0.05, WarmUpThenDecay(2, 0.5), clip=10.0, ema=0.9)
    )
    points: int = 8
    adversary: Doubter | None = None
    spoil: Callable[[int], float] = lambda step: 1.0
    wait: float = 0.0
    source: str = "points"
    looked: Callable[[], None] = lambda: None
    saved: list[dict[str, Any]] = field(default_factory=list)
    drawn: list[int] = field(default_factory=list)

    name = ""
    weights = {"error": 1.0, "doubt": 0.1}

    def module(self) -> nn.Module:
        torch.manual_seed(3)
        return nn.Linear(3, 1)

    def groups(self, module: nn.Module) -> list[Group]:
        assert isinstance(module, nn.Linear)
        return [Group([module.weight]), Group([module.bias], 0.5)]

    def draw(self, step: int, rank: int, world: int) -> list[Points]:
        time.sleep(self.wait)
        self.drawn.append(step)
        random = np.random.default_rng((self.optimisation.seed, step))
        x = torch.from_numpy(random.normal(size=(self.points, 3)).astype(np.float32))
        y = x @ SLOPE + 1 + torch.from_numpy(random.normal(0, 0.1, (self.points, 1)).astype(np.float32))
        parts = self.optimisation.accumulate
        shares = [Points(a, b) for a, b in zip(x.chunk(world * parts), y.chunk(world * parts), strict=True)]
        return shares[rank * parts : (rank + 1) * parts]

    def losses(self, module: nn.Module, batch: Points, step: int) -> Outcome:
        made = module(batch.x)
        error = ((made - batch.y) ** 2).mean() * self.spoil(step)
        return Outcome({"error": error, "bias": made.detach().mean()}, (made,))

    def preview(self, average: nn.Module) -> tuple[dict[str, float], np.ndarray | None]:
        self.looked()
        slope = next(average.parameters()).detach()
        return {"off": float((slope.T - SLOPE).abs().max())}, np.zeros((4, 4, 3), np.uint8)

    def save(self, average: nn.Module, card: dict[str, Any]) -> None:  # type: ignore[override]
        self.saved.append(card)

    def saw(self) -> dict[str, Any]:
        return {"source": self.source}

    def settings(self) -> dict[str, Any]:
        return {"steps": self.optimisation.steps}


def weights(module: nn.Module) -> torch.Tensor:
    return torch.cat([value.detach().ravel() for value in module.parameters()])


def work(rank: int, folder: str, world: int, adversary: bool) -> None:
    """One of several workers; worker 0 leaves what it learned in weights.pt."""
    torch.set_num_threads(1)
    store = distributed.FileStore(f"{folder}/store", world)
    distributed.init_process_group("gloo", store=store, rank=rank, world_size=world, timeout=PATIENCE)
    task = Line(adversary=Doubter() if adversary else None)
    found = fit(task, Session(Path(folder), workers=Workers(rank, world, DistributedDataParallel), log=3, keep_s=0.0))
    if rank == 0:
        torch.save(weights(found), f"{folder}/weights.pt")
    distributed.destroy_process_group()


if __name__ == "__main__":
    line = Line(adversary=Doubter(), wait=float(sys.argv[2]))
    fit(line, Session(Path(sys.argv[1]), log=1, keep_s=-math.inf))
