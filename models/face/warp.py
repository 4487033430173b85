"""Taking a volume's values where warps say: both warps of one side are put together and read with one interpolation."""

from __future__ import annotations

from typing import Literal

import torch
from torch.nn import functional as F

_PARTS = 4
"""In so many parts the points of one item are read."""


def sampled(volume: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    """Values of volumes [N, C, D, H, W] at points [N, d, h, w, 3] in crop units, 0 outside: [N, C, d, h, w]."""
    return read(volume, where.to(volume.dtype), "zeros")


def flowed(where: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
    """Points [N, d, h, w, 3] moved by flows [N, 3, d', h', w'] read there (beyond the volume: at its border)."""
    return where + looked_up(flow, where).permute(0, 2, 3, 4, 1)


def looked_up(field: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    """A field [N, 3, d', h', w'] read at points [N, d, h, w, 3], beyond it at its border: [N, 3, d, h, w]."""
    return read(field.float(), where, "border")


def read(values: torch.Tensor, where: torch.Tensor, beyond: Literal["zeros", "border"]) -> torch.Tensor:
    """Pictures [N, C, H, W] or volumes [N, C, D, H, W] read between their pixels or cells, at points [N, h, w, 2] or
    [N, d, h, w, 3] in crop units: [N, C, h, w] or [N, C, d, h, w].

    `F.grid_sample`, whose threads on CPUs take whole items: one item, as live video has it, is read as several.
    """
    count, rows, *rest = where.shape
    if count > 1 or rows % _PARTS or where.device.type != "cpu":
        return F.grid_sample(values, where, "bilinear", beyond, False)
    parts = where.reshape(_PARTS, rows // _PARTS, *rest)
    found = F.grid_sample(values.expand(_PARTS, *values.shape[1:]), parts, "bilinear", beyond, False)
    return found.transpose(0, 1).flatten(1, 2)[None]
