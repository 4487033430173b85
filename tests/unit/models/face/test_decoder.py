"""G2D: pictures of volumes."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

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
    assert planes.shape == (2, 3 if preset.layers == 1 else 11, preset.drawn, preset.drawn)


def test_layers_begin_with_equal_shares_no_step_and_nothing_added() -> None:
    torch.manual_seed(0)
    planes = Decoder(TINY)(torch.randn(1, *TINY.volume, 32), torch.randn(1, TINY.dynamics))
    assert torch.allclose(planes[:, 3:6], torch.full((), 1 / 3))
    assert torch.equal(planes[:, 6:], torch.zeros(1, 5, TINY.drawn, TINY.drawn))


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
    """What differs among the 3 x 3 pixels of every cell alike is not seen, of coarse planes and of fine ones."""
    torch.manual_seed(0)
    for preset in (replace(TINY, fine=0), TINY):
        net = Decoder(preset)
        out = net.out if net.fine is None else net.fine.out
        for each in net.out, out:
            torch.nn.init.zeros_(each.weight)
            torch.nn.init.zeros_(each.bias)
        torch.nn.init.normal_(out.bias)
        planes = net(torch.randn(1, *TINY.volume, 32), torch.randn(1, TINY.dynamics))
        assert out.bias.unflatten(0, (11, 9)).std(1).min() > 0.05
        assert planes[..., 1:-1, 1:-1].std((2, 3)).max() < 1e-5
        assert planes[:, 8:].abs().max() > 0.05


@pytest.mark.parametrize("layers", [1, 3])
def test_fine_planes_begin_as_the_coarse_ones_enlarged(layers: Literal[1, 3]) -> None:
    """Before colours are bounded and shares made whole: so a model of before draws as it did."""
    torch.manual_seed(0)
    fine = Decoder(replace(TINY, layers=layers))
    coarse = Decoder(replace(TINY, layers=layers, fine=0))
    coarse.load_state_dict({name: value for name, value in fine.state_dict().items() if not name.startswith("fine.")})
    for parameter in (fine.out.weight, fine.out.bias):
        torch.nn.init.normal_(parameter, std=0.1)
    coarse.out.load_state_dict(fine.out.state_dict())
    seen = torch.randn(1, *TINY.volume, 32), torch.randn(1, TINY.dynamics)
    found, before = fine(*seen), coarse(*seen)
    parts = ((slice(0, 3), "logit"),) if layers == 1 else ((slice(0, 3), "logit"), (slice(3, 6), "log"))
    for part, undo in parts:
        plain = getattr(before[:, part], undo)()
        enlarged = torch.nn.functional.interpolate(plain, scale_factor=2.0, mode="bilinear", align_corners=False)
        again = enlarged.sigmoid() if undo == "logit" else enlarged.softmax(1)
        assert torch.allclose(found[:, part], again, atol=1e-5)
    assert found.std() > 0.1


def test_fine_planes_learn_what_the_coarse_ones_cannot_say() -> None:
    """Lines two pixels apart, with all else frozen; the gradient reaches the block behind them in the second step."""
    torch.manual_seed(0)
    net = Decoder(replace(TINY, layers=1)).requires_grad_(False)
    assert net.fine is not None
    net.fine.requires_grad_(True)
    seen = torch.randn(1, *TINY.volume, 32), torch.randn(1, TINY.dynamics)
    lines = (torch.arange(TINY.drawn) % 6 < 3).float().expand(1, 3, TINY.drawn, TINY.drawn)
    optimiser = torch.optim.Adam(net.fine.parameters(), 3e-3)
    errors = []
    for _ in range(8):
        optimiser.zero_grad()
        error = (net(*seen) - lines).abs().mean()
        error.backward()
        optimiser.step()
        errors.append(float(error.detach()))
    assert errors[-1] < 0.7 * errors[0]
    assert all(value.grad is not None and value.grad.any() for value in net.fine.block.parameters())
