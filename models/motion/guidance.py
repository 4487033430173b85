"""Classifier-free guidance over several conditions: Eq. 2 of VASA-1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from models.motion.conditions import CONDITIONS, Conditions, joined
from models.motion.sampler import Predictor

Network = Callable[[Conditions], Predictor]
"""H, which takes the conditions of a batch once and then each x_t of it."""


@dataclass(frozen=True)
class Guidance:
    """lambda of each condition: how far motion is driven from what it would be without it. The paper's are the
    defaults; with 0 for all of them motion is what the network says under its conditions.

    every: at which steps of the sampler it is calculated, every so-manieth from the first; in between, what it added
    last is added again. The paper's 1 costs a forward for each condition at each step.
    """

    audio: float = 0.5
    gaze: float = 1.0
    distance: float = 0.0
    emotion: float = 0.0
    previous: float = 0.0
    every: int = 1


def guided(network: Network, conditions: Conditions, guidance: Guidance) -> Predictor:
    """x0 = (1 + sum of lambda_c) H(C) - sum of lambda_c H(C with c empty), for one sampling, from its first step on.

    All forwards are one batch. A condition whose lambda is 0, or that is empty throughout the batch, costs none.
    """
    scales = {name: float(getattr(guidance, name)) for name in CONDITIONS}
    scales = {name: scale for name, scale in scales.items() if scale and bool(conditions.has(name).any())}
    if not scales:
        return network(conditions)
    return _Guided(network, conditions, scales, guidance.every)


class _Guided:
    """H under all conditions, and what guidance adds to it: sum of lambda_c (H(C) - H(C with c empty))."""

    def __init__(self, network: Network, conditions: Conditions, scales: dict[str, float], every: int) -> None:
        self.scales, self.every = scales, every
        self.alone = network(conditions) if every > 1 else None
        self.branches = network(joined([conditions, *(conditions.without(name) for name in scales)]))
        self.added: torch.Tensor | None = None

    def __call__(self, noisy: torch.Tensor, step: int) -> torch.Tensor:
        if self.alone is not None and self.added is not None and step % self.every:
            return self.alone(noisy, step).float() + self.added
        count = 1 + len(self.scales)
        full, *emptied = self.branches(noisy.repeat(count, 1, 1), step).float().chunk(count)
        scaled = [scale * (full - each) for scale, each in zip(self.scales.values(), emptied, strict=True)]
        self.added = torch.stack(scaled).sum(0)
        return full + self.added
