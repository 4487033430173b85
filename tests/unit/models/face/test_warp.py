"""Reading a volume where a warp says."""

from __future__ import annotations

from typing import Literal

import pytest
import torch

from models.face.rigid import points
from models.face.warp import flowed, read, sampled

CELLS = points(4, 8, torch.device("cpu"))[None]
VOLUME = torch.rand(1, 2, 4, 8, 8, generator=torch.Generator().manual_seed(0))


def test_no_flow_is_the_identity() -> None:
    where = flowed(CELLS, torch.zeros(1, 3, 2, 4, 4))
    assert torch.equal(where, CELLS)
    assert torch.allclose(sampled(VOLUME, where), VOLUME, atol=1e-6)


def test_a_constant_flow_shifts() -> None:
    """By one cell to the left: each takes the value of its right neighbour, the last that of outside."""
    flow = torch.zeros(1, 3, 2, 4, 4)
    flow[:, 0] = 2 / 8
    found = sampled(VOLUME, flowed(CELLS, flow))
    assert torch.allclose(found[..., :-1], VOLUME[..., 1:], atol=1e-6)
    assert torch.allclose(found[..., -1], torch.zeros(()), atol=1e-6)
    flow = torch.zeros(1, 3, 4, 8, 8)
    flow[:, 2] = 2 / 4
    assert torch.allclose(sampled(VOLUME, flowed(CELLS, flow))[:, :, :-1], VOLUME[:, :, 1:], atol=1e-6)


def test_a_flow_is_read_where_the_points_are_and_beyond_the_volume_at_its_border() -> None:
    flow = torch.zeros(1, 3, 1, 1, 2)
    flow[0, 1, 0, 0] = torch.tensor([0.25, 0.75])
    where = torch.tensor([[-5.0, 0, 0], [0, 0, 0], [5, 0, 0]])[None, None, None]
    assert torch.allclose(flowed(where, flow)[0, 0, 0, :, 1], torch.tensor([0.25, 0.5, 0.75]))


def test_half_precision_volumes_stay_so() -> None:
    assert sampled(VOLUME.bfloat16(), CELLS).dtype == torch.bfloat16


@pytest.mark.parametrize("rows", [4, 6, 8])
@pytest.mark.parametrize("beyond", ["zeros", "border"])
def test_one_item_is_read_as_it_is_among_others(rows: int, beyond: Literal["zeros", "border"]) -> None:
    """Alone it is read in parts, where its rows can be shared."""
    random = torch.Generator().manual_seed(1)
    where = 2.4 * torch.rand(1, rows, 5, 7, 3, generator=random) - 1.2  # beyond the volume too
    both = read(VOLUME.expand(2, -1, -1, -1, -1), where.expand(2, -1, -1, -1, -1), beyond)
    assert torch.equal(read(VOLUME, where, beyond), both[:1])
    picture, at = VOLUME[:, :, 0], where[:, :, 0, :, :2]
    pictures = read(picture.expand(2, -1, -1, -1), at.expand(2, -1, -1, -1), beyond)
    assert pictures.shape == (2, 2, rows, 7)
    assert torch.equal(read(picture, at, beyond), pictures[:1])
