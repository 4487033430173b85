"""A face model learns two photographs by heart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.face.landmarks import landmark_features, pose_and_expression
from models.face.model import FaceModel, Motion
from models.face.presets import TINY
from models.face.rigid import aligned_faces
from pipeline.faces.face_crop import FaceCrop


@pytest.mark.slow
def test_own_latents_give_the_picture_back(views: list[FaceCrop], photographs: torch.Tensor) -> None:
    """Two photographs learned by heart, by what is drawn alone: at least 25 dB after 150 steps."""
    torch.manual_seed(0)
    model = FaceModel(replace(TINY, layers=1))
    known = pose_and_expression(np.stack([view.landmarks for view in views]))
    pose, telling = torch.from_numpy(known[0]), torch.from_numpy(landmark_features(*known))
    face = aligned_faces(photographs, pose, TINY.face)
    optimiser = torch.optim.AdamW(model.parameters(), 2e-3)

    def drawn() -> torch.Tensor:
        motion = Motion(pose, model.dynamics(face, telling))
        return model.driven(model.person(photographs, motion), motion)

    first = _psnr(drawn, photographs)
    for _ in range(150):
        optimiser.zero_grad()
        (drawn() - photographs).abs().mean().backward()
        optimiser.step()
    last = _psnr(drawn, photographs)
    assert last > 25, (first, last)
    assert last > first + 10


def _psnr(drawn: Callable[[], torch.Tensor], wanted: torch.Tensor) -> float:
    with torch.no_grad():
        return float(-10 * torch.log10(((drawn() - wanted) ** 2).mean()))
