"""How much of a motion is left at step t of the diffusion: the cosine schedule."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

_OFFSET = 0.008


@dataclass(frozen=True)
class CosineSchedule:
    """Nichol and Dhariwal (arXiv 2102.09672), Eq. 17. t = 0: x0 itself; t = T, that is `steps`: noise alone.

    Their limit on the last steps is for networks that predict noise: x0 can be predicted where nothing of it is left,
    and sampling, which begins with noise alone, then begins with what training has seen.
    """

    steps: int = 1000

    def alpha_bar(self, t: torch.Tensor) -> torch.Tensor:
        """The share of x0 in the variance of x_t, float64 of t's shape, from 1 at t = 0 down to 0 at t = T."""
        angle = (t.double() / self.steps + _OFFSET) / (1 + _OFFSET) * (math.pi / 2)
        start = math.cos(_OFFSET / (1 + _OFFSET) * math.pi / 2)
        return (angle.cos() / start).square()

    def snr(self, t: torch.Tensor) -> torch.Tensor:
        """Signal over noise, float64 of t's shape; infinite at t = 0."""
        signal = self.alpha_bar(t)
        return signal / (1 - signal)

    def noised(self, x0: torch.Tensor, noise: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """x_t [N, W, D] of x0 and standard normal noise [N, W, D] at t [N]."""
        signal = self.alpha_bar(t)[:, None, None]
        return signal.sqrt().to(x0) * x0 + (1 - signal).sqrt().to(x0) * noise

    def times(self, count: int) -> list[int]:
        """The steps of a sampler that asks the network `count` times: from T down to 0, equally far apart.

        Raises ValueError for a count that is not in 1 ... T.
        """
        if not 1 <= count <= self.steps:
            raise ValueError(f"{count} sampling steps; a schedule of {self.steps} allows 1 to {self.steps}")
        return [round(self.steps * (count - k) / count) for k in range(count + 1)]
