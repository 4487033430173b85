"""z_dyn: one bounded code a face."""

from __future__ import annotations

import pytest
import torch
from shapes import empty

from models.face.dynamics import DynamicsEncoder
from models.face.presets import PRESETS, TINY, Preset


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_the_code_s_length(preset: Preset) -> None:
    with torch.device("meta"):
        net = DynamicsEncoder(preset)
    assert net(empty(2, 3, preset.face, preset.face)).shape == (2, preset.dynamics)


def test_codes_are_bounded_and_small_ones_are_as_said() -> None:
    torch.manual_seed(0)
    net = DynamicsEncoder(TINY)
    last = net.head[-1]  # type: ignore[index]
    face = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        last.weight.mul_(1e3)
        assert net(face).abs().max() <= 4
        assert net(face).abs().max() > 3.9
        last.weight.zero_()
        last.bias.fill_(0.1)
        assert net(face) == pytest.approx(torch.full((2, 32), 0.1).numpy(), abs=1e-4)
    with torch.autocast("cpu", torch.bfloat16):
        assert net(face).dtype == torch.float32
