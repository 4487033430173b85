"""The source picture beneath what is drawn."""

from __future__ import annotations

import pytest
import torch

from models.face.layers import LayerCompositor
from models.face.presets import TINY
from models.face.rigid import points

_, DEPTH, SIDE = TINY.volume
VOLUME = torch.zeros(1, *TINY.volume, SIDE)
CELLS = points(DEPTH, SIDE, torch.device("cpu")).permute(3, 0, 1, 2)[None]
DRAWN, MOVED, STILL = torch.eye(3)
NOWHERE = torch.zeros(1, 1, 96, 96)
UNMOVED = torch.nn.functional.interpolate(CELLS[:, :2, 0], (96, 96), mode="bilinear", align_corners=False)
"""Where pixels come from when nothing moves, as `LayerCompositor.where` enlarges it from cells."""


def planes(
    share: torch.Tensor, step: tuple[float, float] = (0, 0), added: tuple[float, float, float] = (0, 0, 0)
) -> torch.Tensor:
    """Grey drawn, these shares, this step, this added, everywhere: [1, 11, 96, 96]."""
    values = torch.cat([torch.full((3,), 0.5), share, torch.tensor(step), torch.tensor(added)])
    return values[None, :, None, None].expand(1, 11, 96, 96)


@pytest.fixture
def texture() -> LayerCompositor:
    return LayerCompositor(TINY).requires_grad_(False)


def test_each_layer_alone(texture: LayerCompositor, pictures: torch.Tensor) -> None:
    picture = pictures[:1]
    a_cell_right = UNMOVED + torch.tensor([2 / SIDE, 0])[None, :, None, None]
    assert torch.equal(texture(planes(STILL), a_cell_right, picture, NOWHERE), picture)
    assert torch.equal(texture(planes(DRAWN), a_cell_right, picture, NOWHERE), torch.full_like(picture, 0.5))
    moved = texture(planes(MOVED), a_cell_right, picture, NOWHERE)
    assert torch.allclose(moved[..., 1:-1, 2:-5], picture[..., 1:-1, 5:-2], atol=1e-4)


def test_no_motion_shows_the_picture_as_it_is_but_for_its_rim(texture: LayerCompositor, pictures: torch.Tensor) -> None:
    found = texture(planes(MOVED), UNMOVED, pictures[:1], NOWHERE)
    assert torch.allclose(found[..., 1:-1, 1:-1], pictures[:1, :, 1:-1, 1:-1], atol=1e-5)


def test_shares_mix_layers(texture: LayerCompositor, pictures: torch.Tensor) -> None:
    found = texture(planes(torch.tensor([0.25, 0, 0.75])), UNMOVED, pictures[:1], NOWHERE)
    assert torch.allclose(found, 0.125 + 0.75 * pictures[:1], atol=1e-6)


def test_the_picture_as_it_was_lies_beneath_the_head_s_place_no_more(
    texture: LayerCompositor, pictures: torch.Tensor
) -> None:
    """Other layers share what is left as they did, and the rest of the picture is as it was."""
    head = NOWHERE.clone()
    head[..., :48], head[..., 48] = 1, 0.5
    share = torch.tensor([0.1, 0.3, 0.6])
    found = texture(planes(share), UNMOVED, pictures[:1], head)[0, :, 1:-1]
    still = pictures[0, :, 1:-1]
    assert torch.allclose(found[..., 1:48], 0.25 * 0.5 + 0.75 * still[..., 1:48], atol=1e-5)
    assert torch.allclose(found[..., 49:-1], 0.1 * 0.5 + 0.9 * still[..., 49:-1], atol=1e-5)
    assert torch.allclose(found[..., 48], (0.1 * 0.5 + 0.6 * still[..., 48]) / 0.7, atol=1e-5)
    assert texture(planes(STILL), UNMOVED, pictures[:1], head).isfinite().all()


def test_what_is_added_is_added_to_all_layers_and_colours_stay_colours(
    texture: LayerCompositor, pictures: torch.Tensor
) -> None:
    found = texture(planes(torch.tensor([0.25, 0, 0.75]), added=(0.2, -0.1, -1)), UNMOVED, pictures[:1], NOWHERE)
    wanted = 0.125 + 0.75 * pictures[0]
    assert torch.allclose(found[0, 0], (wanted[0] + 0.2).clamp(max=1), atol=1e-6)
    assert torch.allclose(found[0, 1], (wanted[1] - 0.1).clamp(min=0), atol=1e-6)
    assert torch.equal(found[0, 2], torch.zeros(96, 96))


def test_a_full_step_is_a_tenth_of_half_the_picture(texture: LayerCompositor, pictures: torch.Tensor) -> None:
    found = texture(planes(MOVED, (0.0, 0.625)), UNMOVED, pictures[:1], NOWHERE)  # 3 pixels of 96
    assert torch.allclose(found[..., 1:-4, 1:-1], pictures[:1, :, 4:-1, 1:-1], atol=1e-4)


def test_cells_that_are_all_as_likely_to_be_the_surface_say_what_they_say_in_the_middle(
    texture: LayerCompositor,
) -> None:
    torch.nn.init.zeros_(texture.surface.weight)
    assert torch.allclose(texture.where(VOLUME, CELLS, 96), UNMOVED, atol=1e-6)


def test_the_surface_says_which_depth_counts() -> None:
    """Cells of one depth come from elsewhere; marked as the surface, they decide."""
    net = LayerCompositor(TINY).requires_grad_(False)
    torch.nn.init.zeros_(net.surface.weight)
    net.surface.weight[0, 0] = 50.0
    origin, volume = CELLS.clone(), VOLUME.clone()
    origin[:, 0, 3] = 0.25
    volume[:, 0, 3] = 1.0
    assert torch.allclose(net.where(volume, origin, 96)[:, 0], torch.full((1, 96, 96), 0.25), atol=1e-5)
    assert not torch.allclose(net.where(VOLUME, origin, 96)[:, 0], torch.full((1, 96, 96), 0.25), atol=0.1)


def ramp(size: int, margin: int = 0) -> torch.Tensor:
    """A picture [1, 3, S + 2 m, S + 2 m] whose colours tell where a pixel is: red across, green down."""
    at = (2 * torch.arange(-margin, size + margin) + 1) / size - 1
    x, y = torch.meshgrid(at, at, indexing="xy")
    return torch.stack([0.5 + 0.3 * x, 0.5 + 0.3 * y, torch.zeros_like(x)])[None]


def test_a_margin_changes_nothing_where_no_warp_reads_beyond(texture: LayerCompositor, pictures: torch.Tensor) -> None:
    share = torch.tensor([0.2, 0.5, 0.3])
    around = torch.nn.functional.pad(pictures[:1], (12, 12, 12, 12), value=0.9)
    without = texture(planes(share), UNMOVED, pictures[:1], NOWHERE)
    found = texture(planes(share), UNMOVED, around, NOWHERE, 12)
    # the outermost cells' places are nearer to the middle than their pixels are
    assert torch.allclose(found[..., 2:-2, 2:-2], without[..., 2:-2, 2:-2], atol=1e-5)
    assert torch.allclose(texture(planes(STILL), UNMOVED, around, NOWHERE, 12), pictures[:1], atol=1e-6)


def test_a_warp_that_reads_beyond_reads_the_margin(texture: LayerCompositor) -> None:
    """What comes from six pixels to the right goes on there; without a margin the last pixel is repeated."""
    there = planes(MOVED, (1.25, 0.0))  # an eighth of half the picture: 6 pixels of 96
    found = texture(there, UNMOVED, ramp(96, 12), NOWHERE, 12)
    wanted = ramp(96, 12)[..., 12:-12, 18:-6]
    assert torch.allclose(found[..., 2:-2, 2:-2], wanted[..., 2:-2, 2:-2], atol=1e-5)
    alone = texture(there, UNMOVED, ramp(96), NOWHERE)
    assert torch.allclose(alone[..., 2:-2, -4:-2], ramp(96)[..., 2:-2, -1:].expand(1, 3, 92, 2), atol=1e-5)


@pytest.mark.parametrize("size", [48, 60, 85, 192, 240])
def test_pictures_of_other_sizes_than_the_planes(texture: LayerCompositor, size: int) -> None:
    """Every layer says the same of a place, whatever the size."""
    grain = torch.rand(1, 3, size + 20, size + 20, generator=torch.Generator().manual_seed(1))
    own = grain[..., 10:-10, 10:-10]
    half = planes(STILL / 2 + DRAWN / 2, added=(0.1, 0, 0))
    assert torch.allclose(texture(planes(STILL), UNMOVED, grain, NOWHERE, 10), own, atol=1e-6)
    found = texture(half, UNMOVED, grain, NOWHERE, 10)
    assert torch.allclose(found, own / 2 + 0.25 + torch.tensor([0.1, 0, 0])[:, None, None], atol=1e-5)
    step = texture(planes(MOVED, (0.0, 0.625)), UNMOVED, ramp(size, 10), NOWHERE, 10)  # 1/16 of half the picture
    wanted = ramp(size)[0, 1] + 0.3 / 16
    rim = size // 24
    apart = (step[0, 1] - wanted)[rim:-rim, rim:-rim].abs() / 0.3 * size / 2
    assert apart.max() < 0.07  # pixels
