"""The discriminator: patches of a picture at two scales, and of its mouth; real or driven? For training alone."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

_SMALL, _LARGE = (32, 64, 128), (64, 128, 256, 512)
_LEAST_LARGE = 256
"""Pixels of a preset from which its pictures are looked at by the larger network."""


class Discriminator(nn.Module):
    """Pictures [N, 3, S, S] and their mouths [N, 3, M, M] to one list a scale, the mouths' last: the features of its
    layers, last of them the scores [N, 1, h, h]. size: of the preset, whose larger ones take a larger network.

    Source: pix2pixHD (arXiv 1711.11585), with spectral normalisation; scores above 0 say real. Of a whole picture the
    mouth is a hundredth, where what closed lips hide must be drawn: so it has a network of its own.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        widths = _SMALL if size < _LEAST_LARGE else _LARGE
        self.scales = nn.ModuleList(_Patches(widths) for _ in range(2))
        self.mouth = _Patches(widths)

    def forward(self, picture: torch.Tensor, mouth: torch.Tensor) -> list[list[torch.Tensor]]:
        x, found = picture - 0.5, []
        for scale in self.scales:
            found.append(scale(x))
            x = F.avg_pool2d(x, 2)
        return [*found, self.mouth(mouth - 0.5)]


class _Patches(nn.Module):
    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        pairs = zip((3, *widths[:-1]), widths, strict=True)
        self.layers = nn.ModuleList(spectral_norm(nn.Conv2d(a, b, 4, stride=2, padding=1)) for a, b in pairs)
        self.out = spectral_norm(nn.Conv2d(widths[-1], 1, 3, padding=1))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        found = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            found.append(x)
        return [*found, self.out(x)]
