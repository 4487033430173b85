"""The rigid warp: where the head is, between crop units of a picture and those of the canonical volume.

A pose [N, 6] is pitch, yaw, roll in degrees in the convention of models/landmarks/head_pose.py, x and y of the head's
middle in crop units, and the head's size over that of the canonical one. A canonical point p appears at size * R p +
(x, y, 0).
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

FACE_HALF = 0.66
"""Half the side of an aligned face, in crop units of a head of size 1; the face itself is 0.53 half high."""
FACE_DOWN = 0.06
"""How far an aligned face's middle lies below the head's, so that an open mouth stays inside."""
_MOUTH_HALF, _MOUTH_DOWN = 0.26, 0.32
"""The same of mouths: from the nose's tip to the chin, however wide they are open."""


def rotation(degrees: torch.Tensor) -> torch.Tensor:
    """Rotations [N, 3, 3] of (pitch, yaw, roll) [N, 3] in degrees: `head_pose.rotation_of`, differentiable."""
    pitch, yaw, roll = torch.deg2rad(degrees.float()).unbind(1)
    cp, sp, cy, sy, cr, sr = pitch.cos(), pitch.sin(), yaw.cos(), yaw.sin(), roll.cos(), roll.sin()
    away = torch.stack([cp * sy, sp, cp * cy], 1)
    level = torch.stack([cy, torch.zeros_like(cy), -sy], 1)
    down = torch.cross(away, level, dim=1)
    across = cr[:, None] * level + sr[:, None] * down
    return torch.stack([across, torch.cross(away, across, dim=1), away], 2)


def to_picture(pose: torch.Tensor) -> torch.Tensor:
    """Matrices [N, 3, 4] from canonical points to those of the picture."""
    turn = rotation(pose[:, :3]) * pose[:, 5, None, None].float()
    return torch.cat([turn, _shift(pose)[:, :, None]], 2)


def from_picture(pose: torch.Tensor) -> torch.Tensor:
    """Matrices [N, 3, 4] from points of the picture to canonical ones: the inverse of `to_picture`."""
    back = rotation(pose[:, :3]).transpose(1, 2) / pose[:, 5, None, None].float()
    return torch.cat([back, -back @ _shift(pose)[:, :, None]], 2)


def points(depth: int, side: int, device: torch.device) -> torch.Tensor:
    """Centres of a volume's cells [D, H, W, 3] as (x, y, z) in crop units."""
    across, deep = ((2 * torch.arange(n, device=device) + 1) / n - 1 for n in (side, depth))
    z, y, x = torch.meshgrid(deep, across, across, indexing="ij")
    return torch.stack([x, y, z], -1)


def moved(matrix: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    """Points [D, H, W, 3] or [N, D, H, W, 3] under matrices [N, 3, 4]: [N, D, H, W, 3]."""
    flat = where.reshape(*where.shape[:-4], -1, 3)
    out = flat @ matrix[:, :, :3].transpose(1, 2) + matrix[:, None, :, 3]
    return out.reshape(len(matrix), *where.shape[-4:])


def aligned_faces(
    picture: torch.Tensor, pose: torch.Tensor, side: int, half: float = FACE_HALF, down: float = FACE_DOWN
) -> torch.Tensor:
    """Faces [N, 3, side, side] cut upright out of pictures [N, 3, S, S] with heads in these poses; grey outside."""
    return F.grid_sample(picture.float() - 0.5, patch(face_frames(pose, half, down), side), align_corners=False) + 0.5


def aligned_mouths(picture: torch.Tensor, pose: torch.Tensor) -> torch.Tensor:
    """Mouths [N, 3, S / 4, S / 4] cut upright out of pictures [N, 3, S, S] with heads in these poses [N, 6]."""
    return aligned_faces(picture, pose, picture.shape[2] // 4, _MOUTH_HALF, _MOUTH_DOWN)


def face_frames(pose: torch.Tensor, half: float = FACE_HALF, down: float = FACE_DOWN) -> torch.Tensor:
    """Matrices [N, 2, 3] from points of aligned faces, which span [-1, 1], to crop units: turned by the roll alone.

    half: half the face's side, down: how far its middle lies below the head's, for a head of size 1.
    """
    roll, size = torch.deg2rad(pose[:, 2].float()), pose[:, 5].float()
    c, s = roll.cos() * size, roll.sin() * size
    turn = torch.stack([torch.stack([c, -s], 1), torch.stack([s, c], 1)], 1)
    middle = pose[:, 3:5].float() + down * torch.stack([-s, c], 1)
    return torch.cat([half * turn, middle[:, :, None]], 2)


def patch(frame: torch.Tensor, side: int) -> torch.Tensor:
    """Where in a picture the pixels of a patch lie [N, side, side, 2], in crop units.

    frame [N, 2, 3]: from points of the patch, which spans [-1, 1], to crop units.
    """
    at = (2 * torch.arange(side, device=frame.device, dtype=torch.float32) + 1) / side - 1
    y, x = torch.meshgrid(at, at, indexing="ij")
    # on CPUs F.affine_grid takes longer than the sampling
    where = frame @ torch.stack([x, y, torch.ones_like(x)]).flatten(1)  # [N, 2, side^2]
    return where.reshape(-1, 2, side, side).permute(0, 2, 3, 1)


def _shift(pose: torch.Tensor) -> torch.Tensor:
    return torch.cat([pose[:, 3:5], torch.zeros_like(pose[:, :1])], 1).float()
