"""Make the helpers of this folder importable whatever pytest's import mode; a small model, and pictures for it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[2] / "pipeline/faces")]

from face_views import view_of  # noqa: E402

from models.face.model import FaceModel  # noqa: E402
from models.face.presets import TINY  # noqa: E402
from pipeline.faces.face_crop import FaceCrop  # noqa: E402


@pytest.fixture(scope="session")
def tiny() -> FaceModel:
    """Tiny with its first weights."""
    torch.manual_seed(0)
    return FaceModel(TINY).eval().requires_grad_(False)


@pytest.fixture
def pictures() -> torch.Tensor:
    """Three pictures [3, 3, 96, 96] of smooth noise."""
    coarse = torch.rand(3, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.interpolate(coarse, (96, 96), mode="bicubic").clamp(0, 1)


@pytest.fixture(scope="session")
def views(man: np.ndarray, man_landmarks: np.ndarray, woman: np.ndarray, woman_landmarks: np.ndarray) -> list[FaceCrop]:
    """A frontal man and a smiling woman at 96 pixels."""
    return [view_of(man, man_landmarks, 96), view_of(woman, woman_landmarks, 96)]


@pytest.fixture(scope="session")
def photographs(views: list[FaceCrop]) -> torch.Tensor:
    """Both as [2, 3, 96, 96]."""
    return torch.from_numpy(np.stack([view.picture for view in views])).permute(0, 3, 1, 2).float() / 255
