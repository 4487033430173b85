"""Classifier-free guidance over several conditions: Eq. 2 of VASA-1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from models.motion.conditions import CONDITIONS, Conditions, joined
from models.motion.sampler import Predictor

Network = Callable[[torch.Tensor, torch.Tensor, Conditions], torch.Tensor]
"""H: from x_t [N, W, D], steps t [N] and conditions to x0 [N, W, D]."""


@dataclass(frozen=True)
class Guidance:
    """lambda of each condition: how far motion is driven from what it would be without it. The paper's are the
    defaults; with 0 for all of them motion is what the network says under its conditions."""

    audio: float = 0.5
    gaze: float = 1.0
    distance: float = 0.0
    emotion: float = 0.0
    previous: float = 0.0


def guided(network: Network, conditions: Conditions, guidance: Guidance) -> Predictor:
    """x0 = (1 + sum of lambda_c) H(C) - sum of lambda_c H(C with c empty).

    All forwards are one batch. A condition whose lambda is 0, or that is empty throughout the batch, costs none.
    """
    scales = {name: float(getattr(guidance, name)) for name in CONDITIONS}
    scales = {name: scale for name, scale in scales.items() if scale and bool(conditions.has(name).any())}
    branches = joined([conditions, *(conditions.without(name) for name in scales)])
    count = 1 + len(scales)

    def predict(noisy: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        full, *emptied = network(noisy.repeat(count, 1, 1), t.repeat(count), branches).float().chunk(count)
        x0 = (1 + sum(scales.values())) * full
        for scale, without in zip(scales.values(), emptied, strict=True):
            x0 = x0 - scale * without
        return x0

    return predict
