"""The source picture beneath what is drawn: VASA-1 has no such path.

A volume of few cells carries a face's shape and motion but not its pixels, and a head's pose moves all that is in it,
also what stands still behind the head. So the picture itself goes the way of the volume, at its full size, and lies
there a second time as it was, but for the head, which would still be seen where it has left; the decoder draws what
neither shows, and adds to all of it: a mouth that opens has teeth that no bending of a closed one shows, and a layer of
its own would have to draw the lips around them as well.

The picture may be of any size. What the decoder says of pixels is enlarged to it, and the picture's own detail goes
along: of skin, hair and teeth that it shows, nothing is lost.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from models.face.presets import Preset
from models.face.warp import read

_REACH = 0.1
"""How far the decoder may move the picture beyond the warps, in crop units: lips and lids are finer than the flows."""

_LEAST = 1e-4
"""Shares that are together less are not brought to 1: they are rounding."""


class LayerCompositor(nn.Module):
    """Puts three layers together: what the decoder draws, the source picture moved, the source picture as it is."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        self.surface = nn.Conv3d(preset.volume[0], 1, 1)

    def forward(
        self,
        planes: torch.Tensor,
        where: torch.Tensor,
        picture: torch.Tensor,
        head: torch.Tensor,
        margin: int = 0,
    ) -> torch.Tensor:
        """Pictures [N, 3, S, S].

        planes [N, 11, P, P]: of `Decoder`. where [N, 2, P, P]: of `LayerCompositor.where`. picture
        [N, 3, S + 2 m, S + 2 m]: the source's, of any size, with a margin of m pixels around it; head [N, 1, P, P]:
        where its head is.
        """
        drawn, share, step, added = planes.split((3, 3, 2, 3), 1)
        share = torch.cat([share[:, :2], share[:, 2:] * (1 - head)], 1)
        share = share / share.sum(1, keepdim=True).clamp_min(_LEAST)
        size = picture.shape[2] - 2 * margin
        every = resized(torch.cat([share[:, :1] * drawn + added, where + _REACH * step, share[:, 1:]], 1), size)
        own, taken, of_moved, of_still = every.split((3, 2, 1, 1), 1)
        there = taken.permute(0, 2, 3, 1) * (size / picture.shape[2])
        moved = read(picture, there, "border")
        still = picture[:, :, margin : margin + size, margin : margin + size]
        return own.addcmul(of_moved, moved).addcmul_(of_still, still).clamp_(0, 1)

    def where(self, volume: torch.Tensor, origin: torch.Tensor, size: int) -> torch.Tensor:
        """Where in the source picture each pixel comes from, (x, y) [N, 2, size, size] in crop units: of the depths,
        those that are the surface.

        volume [N, C, D, H, H] in the driver's pose; origin [N, 3, D, H, H]: where in the source's volume each of its
        cells comes from, in crop units.
        """
        depth = self.surface(volume).float().softmax(2)  # [N, 1, D, H, H]
        at = (origin[:, :2].float() * depth).sum(2)  # [N, 2, H, H]
        return F.interpolate(at, (size, size), mode="bilinear", align_corners=False)


def resized(planes: torch.Tensor, size: int, enlarged: str = "bilinear") -> torch.Tensor:
    """Planes [N, C, P, P] at another side: averaged where it is smaller, `enlarged` (bilinear or bicubic) where it is
    larger."""
    side = planes.shape[2]
    if side == size:
        return planes
    if side % size == 0:
        return F.avg_pool2d(planes, side // size)
    if size < side:  # areas at other ratios would lie off their middles
        return F.interpolate(planes, (size, size), mode="bilinear", align_corners=False, antialias=True)
    return F.interpolate(planes, (size, size), mode=enlarged, align_corners=False)
