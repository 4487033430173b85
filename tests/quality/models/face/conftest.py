"""Two real faces as a face model takes them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.faces.face_crop import FaceCrop
from tests.made.face_views import view_of
from tests.made.tiny_model import tiny

__all__ = ["tiny"]


@pytest.fixture(scope="session")
def views(man: np.ndarray, man_landmarks: np.ndarray, woman: np.ndarray, woman_landmarks: np.ndarray) -> list[FaceCrop]:
    """A frontal man and a smiling woman at 96 pixels."""
    return [view_of(man, man_landmarks, 96), view_of(woman, woman_landmarks, 96)]


@pytest.fixture(scope="session")
def photographs(views: list[FaceCrop]) -> torch.Tensor:
    """Both as [2, 3, 96, 96]."""
    return torch.from_numpy(np.stack([view.picture for view in views])).permute(0, 3, 1, 2).float() / 255
