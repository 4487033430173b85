"""What is between the lips, as a decoder is told it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.face.decoder import Decoder
from models.face.landmarks import EXPRESSIVE, resting
from models.face.lips import OUTLINE, HiddenMouth, LipReadout, between_lips, hidden, outline_of
from models.face.presets import PRESETS, TINY, Preset
from models.face.rigid import to_picture

SIDE = 192
STRAIGHT = torch.tensor([[0.0, 0, 0, 0, 0, 1]])


def outline(gap: float) -> torch.Tensor:
    """Lips .3 wide, so far apart in the middle, [1, 4, 3]."""
    return torch.tensor(
        [[[-0.15, 0.25, -0.3], [0.15, 0.25, -0.3], [0, 0.25 - gap / 4, -0.3], [0, 0.25 + gap * 3 / 4, -0.3]]]
    )


def middle(shown: torch.Tensor) -> torch.Tensor:
    """The middle of what is shown [1, 1, S, S], (x, y) in crop units."""
    at = (2 * torch.arange(shown.shape[3]) + 1) / shown.shape[3] - 1
    return torch.stack([(shown[0, 0] * at).sum(), (shown[0, 0] * at[:, None]).sum()]) / shown.sum()


def test_before_it_learns_lips_are_at_rest_whatever_the_dynamics() -> None:
    rest = torch.from_numpy(resting()).float()
    found = LipReadout(TINY)(torch.randn(3, TINY.dynamics))
    assert torch.allclose(found, outline_of(rest[None]).expand(3, -1, -1))
    left, right, upper, lower = found[0]
    assert left[0] < 0 < right[0]
    assert upper[1] < lower[1]
    assert len(OUTLINE) == len({*OUTLINE} & {*EXPRESSIVE}) == 4


def test_a_readout_learns_what_is_linear_in_the_dynamics() -> None:
    torch.manual_seed(0)
    net, code = LipReadout(TINY), torch.randn(256, TINY.dynamics)
    wanted = net(code).detach().clone()
    wanted[:, 3, 1] += 0.03 * code[:, 0]
    optimiser = torch.optim.Adam(net.parameters(), 1e-2)
    for _ in range(300):
        optimiser.zero_grad()
        (net(code) - wanted).abs().mean().backward()
        optimiser.step()
    assert (net(code) - wanted).abs().max() < 0.02


@pytest.mark.parametrize("gap", [0.05, 0.1, 0.2])
@pytest.mark.parametrize("size", [0.7, 1.0])
def test_an_open_mouth_is_the_area_between_two_parabolas(gap: float, size: float) -> None:
    pose = STRAIGHT.clone()
    pose[:, 5] = size
    shown = between_lips(outline(gap), pose, SIDE)
    assert shown.shape == (1, 1, SIDE, SIDE)
    assert 0 <= shown.min() <= shown.max() == 1
    area = 2 / 3 * 0.3 * gap * size**2  # in crop units, of a picture of 2 x 2
    edge = 2 * 0.3 * size * 0.015  # in which less than all counts
    assert area - edge < float(shown.sum()) * (2 / SIDE) ** 2 < area


def test_closed_lips_have_nothing_between_them_nor_those_that_cross() -> None:
    for gap in (0.0, -0.05):
        assert between_lips(outline(gap), STRAIGHT, SIDE).sum() == 0


@pytest.mark.parametrize("pose", [(0, 0, 90, 0, 0, 1), (0, 0, -30, 0.2, -0.1, 0.8), (10, 25, 15, -0.1, 0.1, 1.1)])
def test_it_goes_where_the_head_does(pose: tuple[float, ...]) -> None:
    where = torch.tensor([pose], dtype=torch.float32)
    shown = between_lips(outline(0.15), where, SIDE)
    # the middle of an opening .15 high, three quarters of it under the corners
    point = torch.tensor([0, 0.25 + 0.15 / 2 * 0.8 / 2, -0.3, 1.0])
    wanted = (to_picture(where)[0] @ point)[:2]
    assert (middle(shown) - wanted).norm() < 0.02
    assert shown.max() == 1


def test_heads_do_not_see_each_other() -> None:
    both = between_lips(torch.cat([outline(0.1), outline(0.2)]), STRAIGHT.expand(2, -1), SIDE)
    assert torch.equal(both[:1], between_lips(outline(0.1), STRAIGHT, SIDE))
    assert torch.equal(both[1:], between_lips(outline(0.2), STRAIGHT, SIDE))


def test_what_the_source_shows_is_not_hidden() -> None:
    """What comes from an open mouth is there to be moved; what comes from closed lips is not."""
    driven = between_lips(outline(0.2), STRAIGHT, SIDE)
    at = (2 * torch.arange(SIDE) + 1) / SIDE - 1
    same = torch.stack(torch.meshgrid(at, at, indexing="xy"))[None]
    assert hidden(driven, driven, same)[driven == 1].abs().max() < 1e-5
    assert torch.equal(hidden(driven, between_lips(outline(0.0), STRAIGHT, SIDE), same), driven)
    half = hidden(driven, between_lips(outline(0.1), STRAIGHT, SIDE), same)
    assert half.sum() == pytest.approx(float(driven.sum()) / 2, rel=0.15)
    moved = torch.nn.functional.pad(driven, (10, 0))[..., :SIDE]  # the source's mouth is ten pixels to the right
    assert hidden(driven, moved, same + torch.tensor([20 / SIDE, 0])[None, :, None, None])[driven == 1].max() < 1e-4


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_its_shapes_are_those_of_a_decoder(preset: Preset) -> None:
    with torch.device("meta"):
        net = Decoder(preset)
        said = torch.empty(2, 1, preset.drawn, preset.drawn)
        volume, code = torch.empty(2, *preset.volume, preset.volume[2]), torch.empty(2, preset.dynamics)
    assert net(volume, code, hidden=said).shape == (2, 11, preset.drawn, preset.drawn)


def test_a_decoder_begins_by_drawing_dark_there_and_nothing_else_changes() -> None:
    torch.manual_seed(0)
    net = Decoder(TINY)
    seen = torch.randn(1, *TINY.volume, 32), torch.randn(1, TINY.dynamics)
    said = between_lips(outline(0.2), STRAIGHT, TINY.drawn)
    alone, told = net(*seen), net(*seen, hidden=said)
    away = torch.nn.functional.max_pool2d(said, 3, 1, 1) == 0  # planes are smoothed
    assert torch.equal(told[:, :, away[0, 0]], alone[:, :, away[0, 0]])
    inside = -torch.nn.functional.max_pool2d(-said, 3, 1, 1) == 1
    assert inside.sum() > 100
    drawn = told[:, :, inside[0, 0]]
    assert drawn[:, 3].min() == 1
    assert drawn[:, 4:6].max() == 0
    assert (drawn[:, :3] / alone[:, :3, inside[0, 0]]).max() < 0.5
    assert torch.equal(drawn[:, 6:], alone[:, 6:, inside[0, 0]])


def test_with_one_layer_it_begins_as_if_it_were_not_told() -> None:
    torch.manual_seed(0)
    net = Decoder(replace(TINY, layers=1))
    seen = torch.randn(1, *TINY.volume, 32), torch.randn(1, TINY.dynamics)
    assert torch.equal(net(*seen), net(*seen, hidden=between_lips(outline(0.2), STRAIGHT, TINY.drawn)))


def test_a_decoder_learns_what_to_draw_there() -> None:
    torch.manual_seed(0)
    net = Decoder(TINY)
    seen = torch.randn(1, *TINY.volume, 32), torch.randn(1, TINY.dynamics)
    said = between_lips(outline(0.2), STRAIGHT, TINY.drawn)
    assert isinstance(net.hidden, HiddenMouth)
    optimiser = torch.optim.Adam(net.hidden.planes.parameters(), 1e-2)
    inside, before = said > 0.9, net(*seen)[:, :1].detach()
    for _ in range(60):
        optimiser.zero_grad()
        red = net(*seen, hidden=said)[:, :1]
        (((red - 1).abs() * inside).mean() + ((red - before).abs() * (said == 0)).mean()).backward()
        optimiser.step()
    after = net(*seen, hidden=said)[:, :1]
    assert after[inside].mean() > 0.8
    assert (after - before)[said == 0].abs().mean() < 0.02


def test_what_is_added_to_planes_is_added_to_what_the_last_layer_says() -> None:
    """In one convolution, also where features lie in memory channel by channel."""
    torch.manual_seed(0)
    last, mouth = torch.nn.Conv2d(5, 11 * 9, 3, padding=1), HiddenMouth(5, 11, 3)
    torch.nn.init.normal_(mouth.planes.weight)
    torch.nn.init.normal_(mouth.planes.bias)
    x = torch.randn(2, 5, 8, 8).to(memory_format=torch.channels_last)
    _, folded = mouth(torch.rand(2, 1, 24, 24))
    both = mouth.with_planes(last, x, folded)
    assert torch.allclose(both, last(x) + mouth.planes(folded), atol=1e-5)
