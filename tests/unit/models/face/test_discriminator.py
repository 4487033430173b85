"""The discriminator: patches at two scales, and of mouths."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from models.face.discriminator import Discriminator
from models.face.presets import PRESETS


@pytest.mark.parametrize(
    ("size", "scores"), [(96, (12, 6, 3)), (192, (24, 12, 6)), (256, (16, 8, 4)), (512, (32, 16, 8))]
)
def test_scores_at_two_scales_and_of_the_mouth(size: int, scores: tuple[int, int, int]) -> None:
    assert size in {side for preset in PRESETS.values() for side in (preset.size, preset.drawn)}
    found = Discriminator(size)(torch.rand(1, 3, size, size), torch.rand(1, 3, size // 4, size // 4))
    assert tuple(scale[-1].shape for scale in found) == tuple((1, 1, side, side) for side in scores)
    assert all(a.shape[2] == 2 * b.shape[2] for scale in found for a, b in zip(scale[:-2], scale[1:-1], strict=True))


@pytest.mark.parametrize("blurred", ["picture", "mouth"])
def test_it_can_be_taught_to_tell_pictures_apart_and_mouths_alone(blurred: str) -> None:
    torch.manual_seed(0)
    net, real = Discriminator(96), (torch.rand(2, 3, 96, 96), torch.rand(2, 3, 24, 24))
    driven = list(real)
    place = ("picture", "mouth").index(blurred)
    driven[place] = F.interpolate(F.avg_pool2d(real[place], 8), scale_factor=8.0)
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)

    def margin() -> torch.Tensor:
        apart = [a[-1].mean() - b[-1].mean() for a, b in zip(net(*real), net(*driven), strict=True)]
        return torch.stack(apart[2:] if place else apart[:2]).mean()

    for _ in range(12):
        optimiser.zero_grad()
        (-margin()).backward()
        optimiser.step()
    assert margin() > 0.3
