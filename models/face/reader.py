"""A network that reads landmarks off an aligned face: frozen, it says what a driven picture shows.

It stands in for pretrained networks that do not come with pip: its features for VGG's, its landmarks for a gaze and
expression estimator's. It is trained on the same frames before the face model is.
"""

from __future__ import annotations

import torch
from torch import nn

from models.face.blocks import norm
from models.face.landmarks import EXPRESSIVE

SIDE = 64
"""Side of the faces it looks at."""
_WIDTHS = (32, 64, 128, 192)
_HIDDEN = 256


class FaceReader(nn.Module):
    """Aligned faces [N, 3, 64, 64] in [0, 1] to landmarks [N, P, 2] in the aligned face's own [-1, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.levels = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, stride=2, padding=1), norm(b), nn.ReLU())
            for a, b in zip((3, *_WIDTHS[:-1]), _WIDTHS, strict=True)
        )
        flat = _WIDTHS[-1] * (SIDE // 2 ** len(_WIDTHS)) ** 2
        head = [nn.Flatten(), nn.Linear(flat, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, 2 * len(EXPRESSIVE))]
        self.head = nn.Sequential(*head)

    def features(self, face: torch.Tensor) -> list[torch.Tensor]:
        """The outputs of its four levels: 32, 64, 128 and 192 channels at 32, 16, 8 and 4 pixels."""
        x, found = face - 0.5, []
        for level in self.levels:
            x = level(x)
            found.append(x)
        return found

    def landmarks(self, features: list[torch.Tensor]) -> torch.Tensor:
        """The landmarks that the features show."""
        return self.head(features[-1]).float().reshape(len(features[-1]), -1, 2)

    def forward(self, face: torch.Tensor) -> torch.Tensor:
        return self.landmarks(self.features(face))
