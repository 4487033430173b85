"""G3D: volumes refined at their own size."""

from __future__ import annotations

import pytest
import torch

from models.face.canonical import CanonicalRefiner
from models.face.presets import PRESETS, TINY, Preset
from tests.made.shapes import empty


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_a_volume_keeps_its_size(preset: Preset) -> None:
    with torch.device("meta"):
        net = CanonicalRefiner(preset)
    channels, depth, side = preset.volume
    volume = empty(2, channels, depth, side, side)
    assert net(volume).shape == volume.shape


def test_every_level_has_a_say() -> None:
    torch.manual_seed(0)
    net = CanonicalRefiner(TINY)
    net(torch.randn(1, *TINY.volume[:2], 32, 32)).square().mean().backward()
    assert all(value.grad is not None and value.grad.abs().sum() > 0 for value in net.parameters())
