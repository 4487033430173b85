"""The convolutional trunk of a small encoder."""

from __future__ import annotations

from torch import nn

from models.face.blocks import norm


def small_trunk(widths: tuple[int, ...]) -> nn.Sequential:
    """[N, 3, S, S] to [N, widths[-1], S / 2^L, S / 2^L]: L convolutions that halve the side, each normalised."""
    layers: list[nn.Module] = []
    for channels, out in zip((3, *widths[:-1]), widths, strict=True):
        layers += [nn.Conv2d(channels, out, 3, stride=2, padding=1), norm(out), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
