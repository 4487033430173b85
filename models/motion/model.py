"""The motion generator as it is trained and kept: its network, and the statistics of its data."""

from __future__ import annotations

import torch
from torch import nn

from models.motion.conditions import Conditions
from models.motion.network import MotionTransformer
from models.motion.presets import MotionPreset
from models.motion.schedule import CosineSchedule
from models.motion.space import MotionSpace
from models.motion.statistics import Statistics


class MotionModel(nn.Module):
    """A preset's network for a catalog's latent space. All that enters and leaves `forward` is standardised by
    `statistics`, which are to be fitted before training."""

    def __init__(self, preset: MotionPreset, space: MotionSpace) -> None:
        super().__init__()
        self.preset, self.space = preset, space
        self.schedule = CosineSchedule(preset.steps)
        self.statistics = Statistics(space)
        self.network = MotionTransformer(preset, space)

    def forward(self, noisy: torch.Tensor, t: torch.Tensor, conditions: Conditions) -> torch.Tensor:
        """x0 [N, W, D], see `MotionTransformer`."""
        return torch.as_tensor(self.network(noisy, t, conditions))
