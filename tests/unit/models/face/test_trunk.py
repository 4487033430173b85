"""Small trunks."""

from __future__ import annotations

import torch

from models.face.trunk import small_trunk


def test_each_layer_halves_the_side() -> None:
    trunk = small_trunk((8, 16, 24))
    assert trunk(torch.rand(2, 3, 32, 32)).shape == (2, 24, 4, 4)
    assert len(list(trunk.children())) == 9
