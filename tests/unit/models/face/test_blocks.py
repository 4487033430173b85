"""Residual blocks, with and without a code."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models.face.blocks import Conv3d, Modulation, Residual, norm


@pytest.mark.parametrize(("channels", "groups"), [(3, 1), (8, 1), (64, 8), (256, 32), (1024, 32)])
def test_groups_of_at_least_eight_channels(channels: int, groups: int) -> None:
    assert norm(channels).num_groups == groups


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("code", [0, 5])
def test_a_block_keeps_the_side_and_sets_the_channels(dims: int, code: int) -> None:
    block = Residual(8, 16, dims, code)
    x = torch.randn(2, 8, *[6] * dims)
    told = torch.randn(2, code) if code else None
    assert block(x, told).shape == (2, 16, *[6] * dims)


def test_a_code_begins_without_effect_and_then_scales_and_shifts() -> None:
    torch.manual_seed(0)
    layer, x = Modulation(2, 16), torch.randn(3, 16, 4, 4)
    code = torch.tensor([[1.0, 0], [0, 1], [0, 0]])
    assert torch.allclose(layer(x, code), layer.norm(x))
    with torch.no_grad():
        layer.affine.weight[:16, 0] = 1  # the first number doubles
        layer.affine.weight[16:, 1] = 3  # the second adds
    found, plain = layer(x, code), layer.norm(x)
    assert torch.allclose(found[0], 2 * plain[0], atol=1e-6)
    assert torch.allclose(found[1], plain[1] + 3, atol=1e-6)
    assert torch.allclose(found[2], plain[2], atol=1e-6)


def test_a_block_whose_last_layer_is_silent_is_its_shortcut() -> None:
    block = Residual(8, 8)
    nn.init.zeros_(block.conv2.weight)
    nn.init.zeros_(block.conv2.bias)  # type: ignore[arg-type]
    x = torch.randn(1, 8, 5, 5)
    assert torch.equal(block(x), x)


@pytest.mark.parametrize("cells", [(2, 4, 4), (8, 16, 16)])
def test_one_volume_alone_is_convolved_as_it_is_among_others(cells: tuple[int, ...]) -> None:
    """Alone it takes another way through the library, when nothing is learned."""
    torch.manual_seed(0)
    layer, x = Conv3d(6, 5, 3, padding=1), torch.randn(1, 6, *cells)
    learned = layer(x)
    assert learned.requires_grad
    with torch.inference_mode():
        alone, among = layer(x), layer(x.expand(2, *x.shape[1:]))[:1]
    assert torch.allclose(alone, among, atol=1e-5)
    assert torch.allclose(alone, learned, atol=1e-5)
