"""z_pose where it is learned: rotation, place and size of the head in a picture."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from models.runtime.resnet import ResNet18Trunk

SIDE = 128
"""Of the picture that it looks at, in pixels."""
POSE = 6
"""pitch, yaw, roll in degrees (models.landmarks.head_pose), x, y of the head in crop units, its size over the usual."""

_DEGREES, _SHIFT, _GROWTH = 60.0, 0.5, 0.5


class PoseEncoder(nn.Module):
    """Pictures [N, 3, S, S] in [0, 1] to poses [N, 6]; what it can say is bounded, and it starts at the mean pose."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = ResNet18Trunk()
        self.out = nn.Linear(512, POSE)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        x = F.interpolate(picture, (SIDE, SIDE), mode="bilinear", align_corners=False, antialias=True) - 0.5
        said = torch.tanh(self.out(self.trunk(x).mean((2, 3))).float())
        degrees, shift, growth = said.split([3, 2, 1], dim=1)
        return torch.cat([_DEGREES * degrees, _SHIFT * shift, torch.exp(_GROWTH * growth)], dim=1)
