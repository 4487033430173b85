"""The expression that a driven picture shows, in the numbers that z_dyn is taught, as the face mesh reads it.

In pictures as small as those of `tiny` it reads some numbers well and some hardly: they count by how well.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from models.face.landmarks import EXPRESSIVE, turn_terms
from models.face.mesh_reader import MeshReader
from models.face.rigid import rotation
from models.landmarks.canonical_face import procrustes_weights
from models.weights.registry import weights
from pipeline.faces.batches import batch
from pipeline.faces.expression import ExpressionSpace
from pipeline.faces.training_clips import Pool


class ShownExpression(nn.Module):
    """Pictures [N, 3, S, S] of heads in known poses [N, 6] to numbers [N, K + 6] of a space, with gradients.

    They tell one face's shape from another's: what is meant is their difference between pictures of one person.
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

    def forward(self, picture: torch.Tensor, pose: torch.Tensor) -> torch.Tensor:
        landmarks, eyes = self.reader(picture, pose)
        count = len(pose)
        # where the head is, is known; where the mesh thinks it is would take the expression along
        landmarks = landmarks - torch.einsum("p,npi->ni", self.middle, landmarks)[:, None]
        frontal = landmarks[:, list(EXPRESSIVE)] @ rotation(pose[:, :3]) / pose[:, 5, None, None]
        numbers = [frontal.reshape(count, -1) @ self.directions, eyes.reshape(count, -1) / self.widths]
        turns = torch.stack(turn_terms(*pose[:, :3].unbind(1)), 1)
        return torch.cat(numbers, 1) - turns @ self.turned


def clear(
    shown: ShownExpression, pool: Pool, units: int, side: int, each: Callable[[], None] = lambda: None
) -> torch.Tensor:
    """How well it reads each number [K + 6] off the frames of a pool: r^2 of its changes within clips, as read and as
    told by the landmarks. side: of aligned faces, in pixels. each: called for every unit."""
    read: list[torch.Tensor] = []
    told: list[torch.Tensor] = []
    for unit in pool.sampler.units(0, units):
        each()
        drawn = batch(pool, [unit], side, 0)
        half = len(drawn.picture) // 2
        with torch.no_grad():
            numbers = shown(drawn.picture, drawn.pose)
        for values, changes in ((numbers, read), (drawn.expression, told)):
            changes.append(values[:half] - values[half:])
    one, other = torch.cat(read), torch.cat(told)
    both = (one * other).sum(0).clamp_min(0)
    return both**2 / ((one**2).sum(0) * (other**2).sum(0)).clamp_min(1e-6)
