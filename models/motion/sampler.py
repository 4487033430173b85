"""DDIM (arXiv 2010.02502) with eta 0: from noise to motion in any number of steps."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch

from models.motion.schedule import CosineSchedule

Predictor = Callable[[torch.Tensor, int], torch.Tensor]
"""From x_t [N, W, D] to x0 [N, W, D]; t is the schedule's time at this place."""


def ddim(predict: Predictor, noise: torch.Tensor, schedule: CosineSchedule, steps: int = 50) -> torch.Tensor:
    """Motion [N, W, D] of noise [N, W, D], which alone decides it; `predict` is asked at each of the schedule's
    times but the last, which is 0.

    Raises ValueError for more steps than the schedule has.
    """
    signals = schedule.alpha_bar(torch.tensor(schedule.times(steps))).tolist()
    x = noise
    for place, (signal, after) in enumerate(pairwise(signals)):
        x0 = predict(x, place)
        left = (x - signal**0.5 * x0) / (1 - signal) ** 0.5
        x = after**0.5 * x0 + (1 - after) ** 0.5 * left
    return x
