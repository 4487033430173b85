"""The networks that draw, through PyTorch's compiler."""

from __future__ import annotations

import shutil

import pytest
import torch

from models.face.model import FaceModel, Motion
from tests.made.quarter import QUARTER

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler (Debian: g++)"),
]


@pytest.fixture
def model() -> FaceModel:
    torch.manual_seed(0)
    torch._dynamo.reset()
    model = FaceModel(QUARTER).eval().requires_grad_(False)
    torch.nn.init.normal_(model.decoder.out.weight, std=0.3)
    return model


def test_it_is_one_graph_that_gives_the_same_pictures(model: FaceModel) -> None:
    pose = torch.tensor([[8.0, -12, 15, 0.1, -0.05, 1.1]])
    motion = Motion(pose, torch.randn(1, QUARTER.dynamics))
    person = model.person(torch.rand(1, 3, QUARTER.size, QUARTER.size), Motion(-pose.abs(), motion.dynamics))
    compiled = torch.compile(model.driven, backend="aot_eager", fullgraph=True)(person, motion)
    assert (compiled - model.driven(person, motion)).abs().max() < 1e-4
    assert compiled.std() > 0.05


def test_a_compiled_decoder_gives_the_same_layers(model: FaceModel) -> None:
    """To machine code: PyTorch's compiler has stopped at this network."""
    volume, dynamics = torch.randn(1, *QUARTER.volume, QUARTER.volume[2]), torch.randn(1, QUARTER.dynamics)
    compiled = torch.compile(model.decoder)(volume, dynamics)
    assert (compiled - model.decoder(volume, dynamics)).abs().max() < 1e-4
    assert compiled.std() > 0.05
