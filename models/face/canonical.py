"""G3D: refines the canonical volume once both warps have brought it there."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from models.face.blocks import Residual
from models.face.presets import Preset


class CanonicalRefiner(nn.Module):
    """A 3D U-Net over volumes [N, C, D, H, H]; each level halves depth and side and has its own width."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        widths = preset.canonical
        pairs = list(zip(widths[:-1], widths[1:], strict=True))
        self.first = Residual(widths[0], widths[0], dims=3)
        self.down = nn.ModuleList(Residual(a, b, dims=3) for a, b in pairs)
        self.up = nn.ModuleList(Residual(b, a, dims=3) for a, b in reversed(pairs))
        self.last = Residual(widths[0], widths[0], dims=3)

    def forward(self, volume: torch.Tensor) -> torch.Tensor:
        x = self.first(volume)
        kept = []
        for block in self.down:
            kept.append(x)
            x = block(F.avg_pool3d(x, 2))
        for block in self.up:
            skip = kept.pop()
            x = skip + F.interpolate(block(x), size=skip.shape[2:], mode="nearest")
        return self.last(x)
