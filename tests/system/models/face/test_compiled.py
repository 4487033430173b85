"""The networks that draw, through PyTorch's compiler."""

from __future__ import annotations

import shutil

import pytest
import torch

from models.face.model import FaceModel, Motion
from models.face.presets import TINY


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler (Debian: g++)")
def test_compiled_pictures_are_the_same() -> None:
    torch.manual_seed(0)
    model = FaceModel(TINY).eval().requires_grad_(False)
    torch.nn.init.normal_(model.decoder.out.weight, std=0.3)
    pose = torch.tensor([[8.0, -12, 15, 0.1, -0.05, 1.1]])
    motion = Motion(pose, torch.randn(1, TINY.dynamics))
    person = model.person(torch.rand(1, 3, TINY.size, TINY.size), Motion(-pose.abs(), motion.dynamics))
    torch._dynamo.reset()
    compiled = torch.compile(model.driven)(person, motion)
    assert (compiled - model.driven(person, motion)).abs().max() < 1e-4
    assert compiled.std() > 0.05
