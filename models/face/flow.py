"""The non-rigid warp: a flow that z_dyn and z_id make, between a face with an expression and the canonical one."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from models.face.blocks import Conv3d, Residual, norm
from models.face.presets import Preset

_FINE = 1e-2
"""Scale of the last layer's first weights: warps begin near the identity."""


class WarpGenerator(nn.Module):
    """z_dyn [N, Z] and z_id [N, I, k, k] to flows [N, 3, d, h, h], (x, y, z) in crop units, within [-1, 1].

    A point p of the wanted volume takes its value from p + flow(p) of the given one. The flow may be coarser than the
    volume.
    """

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        channels, self._depth, self._side = preset.flow_start
        identity, k = preset.identity
        self.from_dynamics = nn.Linear(preset.dynamics, channels * self._side**2)
        self.from_identity = (
            nn.Conv2d(identity, channels, 1) if k > 1 else nn.Linear(identity, channels * self._side**2)
        )
        self.mix = nn.Conv2d(channels, channels * self._depth, 1)
        widths = (channels, *preset.flow)
        self.blocks = nn.ModuleList(
            Residual(a, b, dims=3, code=preset.dynamics) for a, b in zip(widths[:-1], widths[1:], strict=True)
        )
        self._ups = preset.flow_ups
        self.norm = norm(widths[-1])
        self.out = Conv3d(widths[-1], 3, 3, padding=1)
        nn.init.normal_(self.out.weight, std=_FINE / widths[-1])
        assert self.out.bias is not None
        nn.init.zeros_(self.out.bias)

    def forward(self, dynamics: torch.Tensor, identity: torch.Tensor) -> torch.Tensor:
        # on CPUs oneDNN's bfloat16 gradients of 3D convolutions over few cells are infinite now and then
        with torch.autocast("cpu", enabled=False):
            return self._flow(dynamics.float(), identity.float())

    def _flow(self, dynamics: torch.Tensor, identity: torch.Tensor) -> torch.Tensor:
        count, side = len(dynamics), self._side
        code = self.from_dynamics(dynamics).reshape(count, -1, side, side)
        who = identity if identity.shape[-1] > 1 else identity.flatten(1)
        code = (code + self.from_identity(who).reshape(count, -1, side, side)) / 2  # [N, C, 4, 4]
        x = self.mix(code).reshape(count, -1, self._depth, side, side)
        for block, up in zip(self.blocks, self._ups, strict=True):
            x = block(x, dynamics)
            if max(up) > 1:
                x = F.interpolate(x, scale_factor=tuple(map(float, up)), mode="nearest")
        return torch.tanh(self.out(F.relu(self.norm(x))))
