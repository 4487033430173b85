"""E_app: volumes of pictures."""

from __future__ import annotations

import pytest
import torch

from models.face.appearance import AppearanceEncoder
from models.face.model import FaceModel
from models.face.presets import PRESETS, Preset
from tests.made.shapes import empty


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_a_volume_s_size(preset: Preset) -> None:
    with torch.device("meta"):
        net = AppearanceEncoder(preset)
    channels, depth, side = preset.volume
    assert net(empty(2, 3, preset.size, preset.size)).shape == (2, channels, depth, side, side)


def test_a_place_of_the_picture_decides_its_place_of_the_volume(tiny: FaceModel, pictures: torch.Tensor) -> None:
    """Channels become depth; nothing is mirrored or transposed."""
    changed = pictures[:1].clone()
    changed[:, :, 70:80, 10:20] += 0.5
    apart = (tiny.appearance(changed) - tiny.appearance(pictures[:1])).abs().sum((0, 1, 2))
    down, across = divmod(int(apart.argmax()), 32)
    assert (down, across) == (pytest.approx(24.5, abs=2), pytest.approx(4.5, abs=2))
