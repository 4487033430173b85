"""The network told once says what the plain one says, whatever is empty and however long the windows are."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.motion.network import MotionTransformer
from models.motion.prepared import Prepared
from models.motion.space import MotionSpace
from tests.made.motion import SAID, SMALL, SPACE, TWO, awake, conditions, noise

STEPS = (1000, 437, 20)


@pytest.fixture(scope="module", params=[SMALL, TWO], ids=["one stream", "two"])
def network(request: pytest.FixtureRequest) -> MotionTransformer:
    return awake(MotionTransformer(request.param, SPACE))


@pytest.mark.parametrize("name", SAID)
def test_it_says_what_the_plain_network_says(network: MotionTransformer, name: str) -> None:
    said, x = SAID[name], noise(3)
    told = Prepared.of(network, said, STEPS)
    for place, t in enumerate(STEPS):
        wanted = network(x, torch.full((3,), t), said)
        assert torch.allclose(told(x, place)[said.frames], wanted[said.frames], atol=1e-5, rtol=1e-5)
    assert (told(x, 0) - told(x, 2)).abs().mean() > 1e-3


def test_shorter_windows_than_the_preset_s(network: MotionTransformer) -> None:
    said, x = conditions(3), noise(3)[:, :9]
    said = replace(said, audio=said.audio[:, :9], has_audio=said.has_audio[:, :9], frames=said.frames[:, :9])
    wanted = network(x, torch.full((3,), 437), said)
    assert torch.allclose(Prepared.of(network, said, STEPS)(x, 1), wanted, atol=1e-5, rtol=1e-5)


def test_what_does_not_fit_is_refused_as_the_network_does() -> None:
    network = awake(MotionTransformer(SMALL, MotionSpace(dynamics=6, audio=7, emotion=3)))
    with pytest.raises(ValueError, match=r"motion is \[3, 20, 11\], this network takes \[3, 20, 12\]"):
        Prepared.of(network, replace(conditions(3), previous_motion=torch.zeros(3, 4, 12)), STEPS)(noise(3), 0)
