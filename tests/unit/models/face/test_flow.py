"""Warp generators: bounded flows that begin near none, and know both codes."""

from __future__ import annotations

import pytest
import torch

from models.face.flow import WarpGenerator
from models.face.presets import BASE, PAPER, PRESETS, TINY, Preset
from tests.made.shapes import empty

EXPECTED = {"tiny": (4, 16, 16), "base": (16, 32, 32), "paper": (16, 64, 64)}


@pytest.mark.parametrize("preset", [TINY, BASE, PAPER], ids=PRESETS)
def test_the_flow_s_size(preset: Preset) -> None:
    with torch.device("meta"):
        net = WarpGenerator(preset)
    identity, k = preset.identity
    assert net(empty(2, preset.dynamics), empty(2, identity, k, k)).shape == (2, 3, *EXPECTED[preset.name])


@pytest.fixture(scope="module")
def net() -> WarpGenerator:
    torch.manual_seed(0)
    return WarpGenerator(TINY)


def test_warps_begin_near_the_identity(net: WarpGenerator) -> None:
    flow = net(torch.randn(4, 32), torch.randn(4, 64, 1, 1))
    assert 0 < flow.abs().max() < 0.05


def test_flows_are_bounded_and_told_by_both_codes(net: WarpGenerator) -> None:
    with torch.no_grad():
        codes, who = torch.randn(2, 32), torch.randn(2, 64, 1, 1)
        flow = net(codes, who)
        assert not torch.allclose(flow, net(codes.flip(0), who), atol=1e-6)
        assert not torch.allclose(flow, net(codes, who.flip(0)), atol=1e-6)
        net.out.weight.mul_(1e6)
        assert net(codes, who).abs().max() <= 1
        net.out.weight.mul_(1e-6)


def test_it_stays_in_single_precision(net: WarpGenerator) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        assert net(torch.randn(1, 32), torch.randn(1, 64, 1, 1)).dtype == torch.float32
