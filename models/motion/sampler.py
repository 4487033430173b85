"""DDIM (arXiv 2010.02502) with eta 0: from noise to motion in any number of steps."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch

from models.motion.schedule import CosineSchedule

Predictor = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""From x_t [N, W, D] and steps t [N] to x0 [N, W, D]."""


def ddim(predict: Predictor, noise: torch.Tensor, schedule: CosineSchedule, steps: int = 50) -> torch.Tensor:
    """Motion [N, W, D] of noise [N, W, D], which alone decides it; `predict` is asked `steps` times.

    Raises ValueError for more steps than the schedule has.
    """
    times = schedule.times(steps)
    signals = schedule.alpha_bar(torch.tensor(times)).tolist()
    x = noise
    for (t, signal), (_, after) in pairwise(zip(times, signals, strict=True)):
        x0 = predict(x, torch.full((len(x),), t, device=x.device))
        left = (x - signal**0.5 * x0) / (1 - signal) ** 0.5
        x = after**0.5 * x0 + (1 - after) ** 0.5 * left
    return x
