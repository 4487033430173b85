"""Networks whose blocks hold their weights in other numbers: near the plain one, and no change to it."""

from __future__ import annotations

import pytest
import torch

from models.motion.network import MotionTransformer
from models.motion.numbers import Numbers, held_in
from models.motion.presets import MotionPreset
from tests.made.motion import SAID, SMALL, SPACE, TWO, awake, conditions, noise

T = torch.tensor([700, 30, 400])
MOST: dict[Numbers, float] = {"bf16": 0.01, "int8": 0.06}
"""Deviation from the plain network over its own, of random weights: rounding to 8 bits, or to 7, in every layer."""


@pytest.mark.parametrize("numbers", MOST)
@pytest.mark.parametrize("preset", [SMALL, TWO], ids=["one stream", "two"])
@pytest.mark.parametrize("name", SAID)
def test_near_the_plain_network(preset: MotionPreset, numbers: Numbers, name: str) -> None:
    network, said = awake(MotionTransformer(preset, SPACE)), SAID[name]
    wanted, found = (each(noise(3), T, said)[said.frames] for each in (network, held_in(network, numbers)))
    assert found.dtype == torch.float32
    assert 0 < (found - wanted).std() < MOST[numbers] * wanted.std()


def test_the_network_itself_stays_as_it_is_and_lends_its_other_weights() -> None:
    network = awake(MotionTransformer(SMALL, SPACE))
    before = network(noise(3), T, conditions(3))
    other = held_in(network, "int8")
    assert torch.equal(network(noise(3), T, conditions(3)), before)
    assert other.face.position is network.face.position
    assert held_in(network, "fp32") is network


def test_rows_of_zeros_stay_zero() -> None:
    """As an untrained network has them."""
    network = MotionTransformer(SMALL, SPACE).eval()
    torch.nn.init.zeros_(network.face.blocks[0].qkv.weight)
    found = held_in(network, "int8")(noise(3), T, conditions(3))
    assert not found.any()


def test_int8_is_for_cpus() -> None:
    with pytest.raises(ValueError, match="int8 on meta; it is for CPUs, take bf16"):
        held_in(MotionTransformer(SMALL, SPACE).to("meta"), "int8")
