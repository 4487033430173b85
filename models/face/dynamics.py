"""z_dyn: the facial dynamics of an aligned face, that is all of its motion that is not the head's pose.

Where the pose is read from landmarks, these also tell how far lips, brows and jaw have moved: a mesh network that was
trained on many thousand faces knows that of people whom a small training has never seen. What they cannot tell is how a
person's face is shaped at rest; the picture has to.
"""

from __future__ import annotations

import torch
from torch import nn

from models.face.landmarks import LANDMARK_FEATURES
from models.face.presets import Preset
from models.face.trunk import small_trunk
from models.runtime.resnet import ResNet18Trunk

_SMALL = (32, 64, 128, 192)
_HIDDEN = 256
MOST = 4.0
"""The range of a number of z_dyn is [-4, 4]."""


class DynamicsEncoder(nn.Module):
    """Aligned faces [N, 3, A, A] in [0, 1] (`models.face.rigid.aligned_faces`) to z_dyn [N, Z], each within [-4, 4].

    landmark_features [N, LANDMARK_FEATURES] (models/face/landmarks.py): for presets that read the pose from landmarks.
    picture_only: without these, whatever the preset.
    """

    def __init__(self, preset: Preset, picture_only: bool = False) -> None:
        super().__init__()
        self.told: nn.Linear | None = None
        if preset.pose == "landmarks" and not picture_only:
            self.told = nn.Linear(LANDMARK_FEATURES, preset.dynamics, bias=False)
            nn.init.zeros_(self.told.weight)
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

    def forward(self, face: torch.Tensor, landmark_features: torch.Tensor | None = None) -> torch.Tensor:
        code = self.head(self.trunk(face - 0.5)).float()
        if self.told is not None:
            if landmark_features is None:
                raise ValueError(
                    "z_dyn of this preset also wants what landmarks tell: models.face.landmarks.landmark_features"
                )
            code = code + self.told(landmark_features).float()
        return MOST * torch.tanh(code / MOST)
