"""A small face model, and pictures for it."""

from __future__ import annotations

import pytest
import torch

from models.face.model import FaceModel
from models.face.presets import TINY


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
