"""E_app: the appearance volume of a picture, in the pose and with the expression that the picture shows."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from models.face.blocks import Residual, norm
from models.face.presets import Preset


class AppearanceEncoder(nn.Module):
    """Pictures [N, 3, S, S] in [0, 1] to volumes [N, C, D, H, H] (`Preset.volume`)."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        channels, self._depth, _ = preset.volume
        self._unshuffle = preset.unshuffle
        if preset.unshuffle == 1:
            self.stem = nn.Conv2d(3, preset.stem, 7, padding=3)
        else:
            self.stem = nn.Conv2d(3 * preset.unshuffle**2, preset.stem, 3, padding=1)
        widths = (preset.stem, *preset.down)
        self.down = nn.ModuleList(Residual(a, b) for a, b in zip(widths[:-1], widths[1:], strict=True))
        last = widths[-1]
        self.context = _Context(last, preset.context) if preset.context else None
        self.norm = norm(last)
        self.out = nn.Conv2d(last, channels * self._depth, 1)
        self.refine = nn.ModuleList(Residual(channels, channels, dims=3) for _ in range(preset.refine))

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        x = F.pixel_unshuffle(picture - 0.5, self._unshuffle)  # [N, 3 U^2, S/U, S/U]
        x = self.stem(x)
        for block in self.down:
            x = F.avg_pool2d(block(x), 2)
        if self.context is not None:
            x = self.context(x)
        x = self.out(F.relu(self.norm(x)))  # [N, C D, H, H]
        volume = x.reshape(len(x), -1, self._depth, *x.shape[2:])  # [N, C, D, H, H]
        for block in self.refine:
            volume = block(volume)
        return volume


class _Context(nn.Module):
    """A residual block at full and one at half the side, the latter's result added back: [N, C, H, H]."""

    def __init__(self, channels: int, lower: int) -> None:
        super().__init__()
        self.here = Residual(channels, channels)
        self.there = nn.Sequential(Residual(channels, lower), Residual(lower, lower))
        self.back = nn.Conv2d(lower, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.here(x)
        return x + F.interpolate(self.back(self.there(F.avg_pool2d(x, 2))), scale_factor=2.0, mode="nearest")
