"""The expression that a driven picture shows, in the numbers that z_dyn is taught, as the face mesh reads it.

In pictures as small as those of `tiny` it reads some numbers well and some hardly: they count by how well. It is shown
them in grey: lips that are painted purple, and what is between them yellow, look open to it in colour.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from models.face.expression_space import ExpressionSpace
from models.face.landmarks import EXPRESSIVE, INNER_LIPS, turn_terms
from models.face.mesh_reader import MeshReader
from models.face.rigid import rotation
from models.landmarks.canonical_face import procrustes_weights
from models.weights.registry import weights


class MeshReading(NamedTuple):
    """numbers [N, K + 6] of an expression space; lips [N]: how far the inner lips are apart, in the head's own units;
    lids [N, 2]: how far those of both eyes are, over the eye's width."""

    numbers: torch.Tensor
    lips: torch.Tensor
    lids: torch.Tensor


class MeshExpression(nn.Module):
    """Pictures [N, 3, S, S] of heads in known poses [N, 6] to what their faces do, with gradients.

    Numbers tell one face's shape from another's: what is meant is their difference between pictures of one person.
    share [K + 6]: how much each counts; of a new one, as much as in the space.
    """

    def __init__(self, space: ExpressionSpace) -> None:
        super().__init__()
        self.reader = MeshReader(weights("face_mesh").path(), weights("iris").path())
        middle = torch.from_numpy(procrustes_weights() / procrustes_weights().sum()).float()
        self.register_buffer("middle", middle, persistent=False)
        for name in ("directions", "widths", "turned", "share"):
            self.register_buffer(name, torch.tensor(getattr(space, name)), persistent=False)
        self.middle: torch.Tensor
        self.directions: torch.Tensor
        self.widths: torch.Tensor
        self.turned: torch.Tensor
        self.share: torch.Tensor

    def forward(self, picture: torch.Tensor, pose: torch.Tensor) -> MeshReading:
        grey = picture.float().mean(1, keepdim=True).expand_as(picture)
        landmarks, eyes = self.reader(grey, pose)
        count = len(pose)
        # where the head is, is known; where the mesh thinks it is would take the expression along
        landmarks = landmarks - torch.einsum("p,npi->ni", self.middle, landmarks)[:, None]
        frontal = landmarks[:, list(EXPRESSIVE)] @ rotation(pose[:, :3]) / pose[:, 5, None, None]
        numbers = [frontal.reshape(count, -1) @ self.directions, eyes.reshape(count, -1) / self.widths]
        turns = torch.stack(turn_terms(*pose[:, :3].unbind(1)), 1)
        lips = (landmarks[:, INNER_LIPS[0]] - landmarks[:, INNER_LIPS[1]]).norm(dim=1) / pose[:, 5]
        return MeshReading(torch.cat(numbers, 1) - turns @ self.turned, lips, eyes[..., 0])
