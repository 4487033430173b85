"""How a module learns: its settings, rates that follow a schedule, an optimiser that leaves out what is not finite."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from models.runtime.precision import Precision


@dataclass(frozen=True)
class Pace:
    """Of one step: what of the learning rate it takes, and AdamW's first beta where the schedule moves it too."""

    share: float
    momentum: float | None = None


Schedule = Callable[[int, int], Pace]
"""The pace of a step, of all steps; a step that is left out counts."""


@dataclass(frozen=True)
class WarmUpThenDecay:
    """A straight rise over `warm_up` steps; half a cosine down to a twentieth over the last `decay_fraction` of all."""

    warm_up: int
    decay_fraction: float

    def __call__(self, step: int, steps: int) -> Pace:
        rise = min(1.0, (step + 1) / max(1, self.warm_up))
        decayed = max(0.0, 1 - (1 - step / steps) / self.decay_fraction) if self.decay_fraction else 0.0
        return Pace(rise * (0.05 + 0.95 * (1 + math.cos(math.pi * min(1.0, decayed))) / 2))


def one_cycle(step: int, steps: int) -> Pace:
    """Smith's one cycle as `torch.optim.lr_scheduler.OneCycleLR` has it by default, from the step alone.

    Over the first 30 % the rate rises from 1/25 and the momentum falls from .95 to .85, then both go back, the rate to
    nothing; along half cosines.
    """
    peak = 0.3 * steps - 1
    if step <= peak:
        return Pace(_cosine(1 / 25, 1.0, step / peak), _cosine(0.95, 0.85, step / peak))
    down = (step - peak) / (steps - 1 - peak)
    return Pace(_cosine(1.0, 1 / 25e4, down), _cosine(0.85, 0.95, down))


def _cosine(start: float, end: float, part: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * part))


@dataclass(frozen=True)
class Optimisation:
    """steps, lr: AdamW's, at the height of its schedule. clip: the gradient's largest norm.

    ema: decay of the averaged weights, None: the weights themselves are what is kept. accumulate: parts in which a
    worker takes its share of a step. precision: of the networks. seed: of draws and first weights.
    """

    steps: int
    lr: float
    schedule: Schedule = WarmUpThenDecay(0, 0.0)
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 1e-2
    clip: float = math.inf
    ema: float | None = None
    accumulate: int = 1
    precision: Precision = "fp32"
    seed: int = 0

    def lr_at(self, step: int) -> float:
        """The learning rate of a step."""
        return self.lr * self.schedule(step, self.steps).share


@dataclass(frozen=True)
class Group:
    """Parameters that learn at one rate. share: what of the learning rate they take."""

    parameters: Sequence[nn.Parameter]
    share: float = 1.0


class Optimiser:
    """AdamW over groups of a module's parameters, which follows a schedule."""

    def __init__(self, module: nn.Module, groups: Sequence[Group], how: Optimisation) -> None:
        self._module, self._how = module, how
        options = [{"params": list(group.parameters), "share": group.share} for group in groups]
        # fused: it alone leaves a step out that a tensor says, so that nobody has to ask the device
        self._adam = torch.optim.AdamW(options, how.lr, how.betas, weight_decay=how.weight_decay, fused=True)

    def begin(self, step: int) -> None:
        """Forget the gradients, and take the pace of a step."""
        pace = self._how.schedule(step, self._how.steps)
        for group in self._adam.param_groups:
            group["lr"] = self._how.lr * pace.share * group["share"]
            if pace.momentum is not None:
                group["betas"] = (pace.momentum, group["betas"][1])
        self._adam.zero_grad(set_to_none=True)

    def clipped(self) -> torch.Tensor:
        """The gradient's norm, before it is clipped to what the settings allow."""
        return nn.utils.clip_grad_norm_(self._module.parameters(), self._how.clip)

    def step(self, left_out: torch.Tensor) -> None:
        """left_out: 1 where the step changes nothing, else 0."""
        self._adam.found_inf = left_out  # type: ignore[attr-defined]
        self._adam.step()

    def state_dict(self) -> dict[str, Any]:
        """For `load_state_dict`."""
        return self._adam.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave. ValueError: it is of other parameters."""
        self._adam.load_state_dict(state)
