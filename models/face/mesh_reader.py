"""MediaPipe's face mesh and iris networks with gradients: the landmarks and eyes that a driven picture shows.

The same networks tell the true frames' landmarks (models/landmarks/face_mesh.py) and eyes (models/landmarks/iris.py).
They were trained on many more faces than a training of the face model sees, so a picture that only seems to move does
not please them.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from models.face.rigid import aligned_faces, face_frames, patch
from models.landmarks import face_mesh, iris
from models.runtime.litert_layers import LiteRTLayers

_HALF, _DOWN = 0.8, 0.06
"""Where the mesh's own patch lies, as `aligned_faces` says it: one and a half times the landmarks' bounds."""


class MeshReader(nn.Module):
    """Pictures [N, 3, S, S] in [0, 1] of heads in known poses [N, 6] to landmarks [N, 468, 3] in crop units and to how
    the eyes look [N, 2, 3] (`models.landmarks.iris.Iris.looks`). Nothing in it learns."""

    def __init__(self, mesh: Path, iris_network: Path) -> None:
        super().__init__()
        self.mesh = LiteRTLayers(mesh, ("conv2d_20",))
        self.iris = LiteRTLayers(iris_network, ("output_eyes_contours_and_brows", "output_iris"))

    def forward(self, picture: torch.Tensor, pose: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        size = face_mesh.SIZE
        (points,) = self.mesh(aligned_faces(picture, pose, size, _HALF, _DOWN))
        points = points.float().reshape(len(picture), -1, 3)
        frame = face_frames(pose, _HALF, _DOWN)
        flat = (2 * points[..., :2] + 1) / size - 1  # pixels to the patch's own [-1, 1]
        flat = flat @ frame[:, :, :2].transpose(1, 2) + frame[:, None, :, 2]
        scale = (frame[:, :, 0].norm(dim=1) * 2 / size)[:, None, None]
        landmarks = torch.cat([flat, points[..., 2:] * scale], 2)
        return landmarks, self._looks(picture, flat.detach())

    def _looks(self, picture: torch.Tensor, landmarks: torch.Tensor) -> torch.Tensor:
        patches, sides = [], []
        for inner, outer, mirrored in iris.EYES:
            side = -1.0 if mirrored else 1.0
            patches.append(_eye(picture, landmarks[:, inner], landmarks[:, outer], side))
            sides.append(side)
        contour, middle = self.iris(torch.cat(patches))
        count = len(picture)
        looks = _looks(contour.float().reshape(2 * count, 71, 3), middle.float().reshape(2 * count, 5, 3))
        looks = looks.reshape(2, count, 3).transpose(0, 1)
        across = looks.new_tensor(sides)
        return torch.stack([looks[..., 0], looks[..., 1] * across, looks[..., 2]], 2)


def _eye(picture: torch.Tensor, inner: torch.Tensor, outer: torch.Tensor, side: float) -> torch.Tensor:
    """Patches [N, 3, 64, 64] around eyes whose corners [N, 2] are in crop units; side: -1 mirrors."""
    right = (outer - inner) * side  # to the patch's right before it is mirrored
    half = right.norm(dim=1, keepdim=True) * iris.SCALE / 2
    right = right / right.norm(dim=1, keepdim=True).clamp_min(1e-6) * half
    down = torch.stack([-right[:, 1], right[:, 0]], 1)
    frame = torch.stack([right * side, down, (inner + outer) / 2], 2)  # [N, 2, 3]
    return F.grid_sample(picture.float(), patch(frame, iris.SIZE), padding_mode="border", align_corners=False)


def _looks(contour: torch.Tensor, middle: torch.Tensor) -> torch.Tensor:
    """Opening between the lids, iris outwards and down [N, 3], over the eye's width, as `Iris.looks` counts them."""
    corner, other = contour[:, 0, :2], contour[:, 8, :2]
    width = (other - corner).norm(dim=1).clamp_min(1e-6)
    opening = contour[:, 1:8, 1].mean(1) - contour[:, 9:16, 1].mean(1)
    away = middle[:, 0, :2] - (corner + other) / 2
    return torch.stack([opening, away[:, 0], away[:, 1]], 1) / width[:, None]
