"""The discriminator: patches at two scales."""

from __future__ import annotations

import pytest
import torch

from models.face.discriminator import Discriminator
from models.face.presets import PRESETS


@pytest.mark.parametrize(("size", "scores"), [(96, (12, 6)), (192, (24, 12)), (256, (16, 8)), (512, (32, 16))])
def test_scores_at_two_scales(size: int, scores: tuple[int, int]) -> None:
    assert size in {side for preset in PRESETS.values() for side in (preset.size, preset.drawn)}
    found = Discriminator(size)(torch.rand(1, 3, size, size))
    assert tuple(scale[-1].shape for scale in found) == tuple((1, 1, side, side) for side in scores)
    assert all(a.shape[2] == 2 * b.shape[2] for scale in found for a, b in zip(scale[:-2], scale[1:-1], strict=True))


def test_it_can_be_taught_to_tell_pictures_apart() -> None:
    torch.manual_seed(0)
    net, real, driven = Discriminator(96), torch.rand(2, 3, 96, 96), torch.rand(2, 3, 12, 12)
    driven = torch.nn.functional.interpolate(driven, (96, 96))
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)

    def margin() -> torch.Tensor:
        return torch.stack([a[-1].mean() - b[-1].mean() for a, b in zip(net(real), net(driven), strict=True)]).mean()

    for _ in range(12):
        optimiser.zero_grad()
        (-margin()).backward()
        optimiser.step()
    assert margin() > 0.3
