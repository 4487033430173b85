"""Taking a volume's values where warps say: both warps of one side are put together and read with one interpolation."""

from __future__ import annotations

import torch
from torch.nn import functional as F


def sampled(volume: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    """Values of volumes [N, C, D, H, W] at points [N, d, h, w, 3] in crop units, 0 outside: [N, C, d, h, w]."""
    return F.grid_sample(volume, where.to(volume.dtype), mode="bilinear", padding_mode="zeros", align_corners=False)


def flowed(where: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
    """Points [N, d, h, w, 3] moved by flows [N, 3, d', h', w'] read there (beyond the volume: at its border)."""
    return where + looked_up(flow, where).permute(0, 2, 3, 4, 1)


def looked_up(field: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    """A field [N, 3, d', h', w'] read at points [N, d, h, w, 3], beyond it at its border: [N, 3, d, h, w]."""
    return F.grid_sample(field.float(), where, mode="bilinear", padding_mode="border", align_corners=False)
