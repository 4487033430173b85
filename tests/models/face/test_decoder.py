"""G2D: pictures of volumes."""

from __future__ import annotations

import pytest
import torch
from shapes import empty

from models.face.blocks import Modulation
from models.face.decoder import Decoder
from models.face.presets import PRESETS, TINY, Preset


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_a_picture_s_size(preset: Preset) -> None:
    with torch.device("meta"):
        net = Decoder(preset)
    channels, depth, side = preset.volume
    picture = net(empty(2, channels, depth, side, side), empty(2, preset.dynamics))
    assert picture.shape == (2, 3, preset.size, preset.size)


def test_pictures_are_colours_in_single_precision_and_the_dynamics_reach_them() -> None:
    torch.manual_seed(0)
    net = Decoder(TINY)
    volume = 3 * torch.randn(1, *TINY.volume, 32)
    code = torch.randn(1, TINY.dynamics, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        picture = net(volume, code)
    assert picture.dtype == torch.float32
    assert picture.min() >= 0
    assert picture.max() <= 1
    for module in net.modules():
        if isinstance(module, Modulation):
            torch.nn.init.normal_(module.affine.weight, std=0.1)
    net(volume, code).square().mean().backward()
    assert code.grad is not None
    assert code.grad.abs().min() > 0
