"""Residual blocks in two and three dimensions, with or without a code that modulates them."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

_GROUP = 8
"""Channels that are normalised together."""


def norm(channels: int) -> nn.GroupNorm:
    """Group normalisation in groups of at least 8 channels, at most 32 groups."""
    return nn.GroupNorm(max(1, min(32, channels // _GROUP)), channels)


class Conv3d(nn.Conv3d):
    """As PyTorch's, which leaves one item of few cells to a routine that takes five times as long as oneDNN on CPUs; of
    two items it takes oneDNN."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        alone = len(x) == 1 and x.device.type == "cpu" and x.dtype == torch.float32
        if not alone or isinstance(self.padding, str) or torch.is_grad_enabled() or torch.compiler.is_compiling():
            return super().forward(x)
        return torch.mkldnn_convolution(
            x, self.weight, self.bias, self.padding, self.stride, self.dilation, self.groups
        )


class Modulation(nn.Module):
    """Adaptive group normalisation: a code [N, Z] scales and shifts channels after their normalisation."""

    def __init__(self, code: int, channels: int) -> None:
        super().__init__()
        self.norm = norm(channels)
        self.affine = nn.Linear(code, 2 * channels)
        nn.init.zeros_(self.affine.weight)
        nn.init.zeros_(self.affine.bias)

    def forward(self, x: torch.Tensor, code: torch.Tensor) -> torch.Tensor:
        """[N, C, ...] and [N, Z] to [N, C, ...]."""
        scale, shift = self.affine(code).reshape(len(x), 2, -1, *[1] * (x.ndim - 2)).unbind(1)
        return torch.addcmul(shift, self.norm(x), 1 + scale)


class Residual(nn.Module):
    """Norm, ReLU, 3x3 convolution, twice, around a shortcut: [N, channels, ...] to [N, out, ...].

    dims: 2 or 3. code: length of the code that modulates both norms, 0 without.
    """

    def __init__(self, channels: int, out: int, dims: int = 2, code: int = 0) -> None:
        super().__init__()
        conv = nn.Conv2d if dims == 2 else Conv3d
        self.norm1: nn.Module = Modulation(code, channels) if code else norm(channels)
        self.conv1 = conv(channels, out, 3, padding=1)
        self.norm2: nn.Module = Modulation(code, out) if code else norm(out)
        self.conv2 = conv(out, out, 3, padding=1)
        self.shortcut: nn.Module = conv(channels, out, 1) if channels != out else nn.Identity()

    def forward(self, x: torch.Tensor, code: torch.Tensor | None = None) -> torch.Tensor:
        y = self.conv1(F.relu(_normed(self.norm1, x, code)))
        y = self.conv2(F.relu(_normed(self.norm2, y, code)))
        return self.shortcut(x) + y


def _normed(layer: nn.Module, x: torch.Tensor, code: torch.Tensor | None) -> torch.Tensor:
    return layer(x) if code is None else layer(x, code)
