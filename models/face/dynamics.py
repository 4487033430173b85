"""z_dyn: the facial dynamics of an aligned face, that is all of its motion that is not the head's pose."""

from __future__ import annotations

import torch
from torch import nn

from models.face.presets import Preset
from models.face.trunk import small_trunk
from models.resnet import ResNet18Trunk

_SMALL = (32, 64, 128, 192)
_HIDDEN = 256
_MOST = 4.0


class DynamicsEncoder(nn.Module):
    """Aligned faces [N, 3, A, A] in [0, 1] (`models.face.rigid.aligned_faces`) to z_dyn [N, Z], each within [-4, 4]."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        if preset.trunk == "small":
            side = preset.face // 2 ** len(_SMALL)
            self.trunk: nn.Module = small_trunk(_SMALL)
            flat = _SMALL[-1] * side**2
            head: list[nn.Module] = [nn.Flatten(), nn.Linear(flat, _HIDDEN), nn.ReLU(inplace=True)]
            self.head = nn.Sequential(*head, nn.Linear(_HIDDEN, preset.dynamics))
        else:
            self.trunk = ResNet18Trunk()
            pool: list[nn.Module] = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
            self.head = nn.Sequential(*pool, nn.Linear(512, preset.dynamics))

    def forward(self, face: torch.Tensor) -> torch.Tensor:
        code = self.head(self.trunk(face - 0.5)).float()
        return _MOST * torch.tanh(code / _MOST)
