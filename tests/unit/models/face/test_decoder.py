"""G2D: pictures of volumes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.face.blocks import Modulation
from models.face.decoder import Decoder
from models.face.presets import PRESETS, TINY, Preset
from tests.made.shapes import empty


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_a_picture_s_size(preset: Preset) -> None:
    with torch.device("meta"):
        net = Decoder(preset)
    channels, depth, side = preset.volume
    planes = net(empty(2, channels, depth, side, side), empty(2, preset.dynamics))
    assert planes.shape == (2, 3 if preset.layers == 1 else 11, preset.size, preset.size)


def test_layers_begin_with_equal_shares_no_step_and_nothing_added() -> None:
    torch.manual_seed(0)
    planes = Decoder(TINY)(torch.randn(1, *TINY.volume, 32), torch.randn(1, TINY.dynamics))
    assert torch.allclose(planes[:, 3:6], torch.full((), 1 / 3))
    assert torch.equal(planes[:, 6:], torch.zeros(1, 5, 96, 96))


def test_shares_are_whole_and_steps_within_one() -> None:
    torch.manual_seed(0)
    net = Decoder(TINY)
    torch.nn.init.normal_(net.out.weight)
    planes = net(torch.randn(1, *TINY.volume, 32), torch.randn(1, TINY.dynamics))
    assert torch.allclose(planes[:, 3:6].sum(1), torch.ones(()), atol=1e-5)
    assert planes[:, 3:6].min() >= 0
    assert planes[:, 6:].abs().max() <= 1
    assert planes[:, 6:].std() > 0.3


def test_pictures_are_colours_in_single_precision_and_the_dynamics_reach_them() -> None:
    torch.manual_seed(0)
    net = Decoder(TINY)
    volume = 3 * torch.randn(1, *TINY.volume, 32)
    code = torch.randn(1, TINY.dynamics, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        picture = net(volume, code)
    assert picture.dtype == torch.float32
    assert picture[:, :3].min() >= 0
    assert picture[:, :3].max() <= 1
    for module in net.modules():
        if isinstance(module, Modulation):
            torch.nn.init.normal_(module.affine.weight, std=0.1)
    net(volume, code).square().mean().backward()
    assert code.grad is not None
    assert code.grad.abs().min() > 0


def test_layers_do_not_mix_dot_by_dot() -> None:
    """However the last layer unfolds, neighbours among the 3 x 3 pixels of a cell are about the same."""
    torch.manual_seed(0)
    net, rough = Decoder(TINY), Decoder(replace(TINY, layers=1))
    for each in (net, rough):
        torch.nn.init.normal_(each.out.weight, std=0.3)
    seen = torch.randn(1, *TINY.volume, 32), torch.randn(1, TINY.dynamics)
    alone = rough(*seen).diff(dim=3).abs().mean()
    for part in (slice(0, 3), slice(3, 6)):
        assert net(*seen)[:, part].diff(dim=3).abs().mean() < 0.5 * alone


def test_the_cells_of_the_last_layer_are_not_seen() -> None:
    """What differs among the 3 x 3 pixels of every cell alike is not seen."""
    torch.manual_seed(0)
    net = Decoder(TINY)
    torch.nn.init.zeros_(net.out.weight)
    torch.nn.init.normal_(net.out.bias)
    planes = net(torch.randn(1, *TINY.volume, 32), torch.randn(1, TINY.dynamics))
    assert net.out.bias.unflatten(0, (11, 9)).std(1).min() > 0.05
    assert planes[..., 1:-1, 1:-1].std((2, 3)).max() < 1e-5
    assert planes[:, 8:].abs().max() > 0.05
