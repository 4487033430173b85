"""z_id: who the person in a picture is, as far as the warps need to know."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from models.face.presets import Preset
from models.face.trunk import small_trunk
from models.runtime.resnet import CHANNELS, ResNet50Trunk

_SMALL = (32, 64, 128, 128)
_SIDE = {"small": 64, "resnet": 256}
"""Side of the picture that each trunk looks at."""


class IdentityEncoder(nn.Module):
    """Pictures [N, 3, S, S] in [0, 1] to z_id [N, I, k, k] (`Preset.identity`), k 1 or 4."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        length, self._k = preset.identity
        self._side = _SIDE[preset.trunk]
        small = preset.trunk == "small"
        self.trunk: nn.Module = small_trunk(_SMALL) if small else ResNet50Trunk()
        self.out = nn.Conv2d(_SMALL[-1] if small else CHANNELS[-1], length, 1)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        side = (self._side, self._side)
        x = F.interpolate(picture, side, mode="bilinear", align_corners=False, antialias=True) - 0.5
        return F.adaptive_avg_pool2d(self.out(self.trunk(x)), self._k)
