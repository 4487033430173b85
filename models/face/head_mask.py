"""Where in a picture a head is, hair and ears included, given its pose: an ellipsoid about the canonical face."""

from __future__ import annotations

import torch

from models.face.rigid import from_picture, moved, points, to_picture

_HALF = (0.58, 0.76, 0.6)
"""Half its width, height and depth, in crop units of a head of size 1; the face alone is .40 and .53."""
_UP = 0.12
"""How far its middle lies above the face's."""
_SOFT = 0.06
"""About how much of its size its edge takes."""
_STILL, _AWAY = 0.04, 0.12
"""By how many crop units a head has moved that is where it was, and one that is no longer there."""


def on_head(pose: torch.Tensor, side: int) -> torch.Tensor:
    """Where on heads in these poses [N, 6] the pixels of pictures lie [N, side, side, 3]: points of the plane in which
    the head's middle is, in the canonical head's frame."""
    return moved(from_picture(pose), points(1, side, pose.device))[:, 0]


def from_head(pose: torch.Tensor, side: int) -> torch.Tensor:
    """How far pixels lie from the middles of heads in these poses [N, 6]: [N, 1, side, side], 1 at the ellipsoid."""
    where = on_head(pose, side) + torch.tensor([0, _UP, 0], device=pose.device)
    return (where / torch.tensor(_HALF, device=pose.device)).norm(dim=3)[:, None]


def head_mask(pose: torch.Tensor, side: int) -> torch.Tensor:
    """How much pixels belong to heads in these poses [N, 6]: [N, 1, side, side], from 0 to 1."""
    return torch.sigmoid((1 - from_head(pose, side)) / _SOFT)


def moved_away(own: torch.Tensor, pose: torch.Tensor) -> torch.Tensor:
    """How much heads in these poses [N, 6] are no longer where they were in their `own` [N, 6]: [N, 1, 1, 1], 0 to 1.

    By the mean way of six points of a head: its sides, its top and bottom, its front and back.
    """
    half = torch.tensor(_HALF, device=pose.device).diag()
    ends = torch.cat([half, -half]) - torch.tensor([0, _UP, 0], device=pose.device)
    ends = ends.expand(len(pose), 1, 1, 6, 3)
    way = (moved(to_picture(pose), ends) - moved(to_picture(own), ends))[..., :2].norm(dim=4).mean((1, 2, 3))
    return ((way - _STILL) / (_AWAY - _STILL)).clamp(0, 1)[:, None, None, None]
