"""z_id: who a picture shows, as a code of the preset's size."""

from __future__ import annotations

import pytest
import torch

from models.face.identity import IdentityEncoder
from models.face.model import FaceModel
from models.face.presets import PRESETS, Preset
from tests.made.shapes import empty


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_the_code_s_size(preset: Preset) -> None:
    with torch.device("meta"):
        net = IdentityEncoder(preset)
    length, k = preset.identity
    assert net(empty(2, 3, preset.size, preset.size)).shape == (2, length, k, k)


def test_pictures_differ(tiny: FaceModel, photographs: torch.Tensor) -> None:
    one, other = tiny.identity(photographs)
    assert not torch.allclose(one, other, atol=1e-3)
