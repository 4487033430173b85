"""The losses of the motion generator, each a function of tensors and nothing else.

x0 and what is predicted of it are standardised motions [N, W, D]; frames [N, W]: which of them count.
"""

from __future__ import annotations

import torch

from models.motion.space import POSE, MotionSpace


def reconstruction(
    found: torch.Tensor, x0: torch.Tensor, frames: torch.Tensor, counts: torch.Tensor | float = 1.0
) -> torch.Tensor:
    """Eq. 1 of VASA-1: the mean squared error of the predicted x0. counts [D]: what each number's does."""
    return _mean((found - x0).square() * counts, frames.to(found))


def velocity(
    found: torch.Tensor,
    x0: torch.Tensor,
    frames: torch.Tensor,
    has_previous: torch.Tensor,
    deviation: torch.Tensor,
    first: float = 1.0,
    counts: torch.Tensor | float = 1.0,
) -> torch.Tensor:
    """The mean squared error of the steps from frame to frame, of each number over the variance of its own steps.

    Without it heads tremble: an error that is small beside where a head may be is large beside how it moves. deviation
    [D]: of the steps of the standardised motion (`statistics.MotionStandard.velocity`). The step into the first frame
    begins at the end of X_pre, where there is one (has_previous [N]), and counts `first` times what the others do.
    counts [D]: what each number's error does.
    """
    error = found - x0  # X_pre is known: no error in it
    apart = torch.cat([error[:, :1], error.diff(dim=1)], 1) / deviation
    there = (frames[:, 1:] & frames[:, :-1]).to(found)
    into_first = first * (has_previous & frames[:, 0]).to(found)
    return _mean(apart.square() * counts, torch.cat([into_first[:, None], there], 1))


def _mean(values: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The mean of values [N, W, D] where each frame counts `weight` [N, W]; 0 where none does."""
    return (values.mean(2) * weight).sum() / weight.sum().clamp_min(1e-6)


def leading(space: MotionSpace, most: float, fall: float = 3.0) -> torch.Tensor:
    """What each number of a motion counts, [D], 1 on average: the first of z_dyn, which tell the mouth, up to 1 + most
    times what the last do; after `fall` numbers, e times less of that."""
    counts = torch.ones(space.motion)
    counts[POSE:] += most * torch.exp(-torch.arange(space.dynamics) / fall)
    return counts / counts.mean()
