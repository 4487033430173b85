"""Eq. 2 of the paper, against a network whose answers are known."""

from __future__ import annotations

import pytest
import torch

from models.motion.conditions import CONDITIONS, Conditions, joined
from models.motion.guidance import Guidance, guided
from models.motion.network import MotionTransformer
from tests.made.motion import SMALL, SPACE, awake, conditions, noise

WORTH = {"audio": 1.0, "gaze": 10.0, "distance": 100.0, "emotion": 1000.0, "previous": 10_000.0}
T = torch.tensor([500, 500])


class Adding:
    """H(C) = x + what the conditions that are there are worth; counts its calls and their batches."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def __call__(self, x: torch.Tensor, t: torch.Tensor, said: Conditions) -> torch.Tensor:
        assert len(x) == len(t) == len(said.frames)
        self.batches.append(len(x))
        there = {name: said.has(name).reshape(len(x), -1)[:, 0].float() for name in CONDITIONS}
        return x + sum(there[name] * WORTH[name] for name in CONDITIONS)[:, None, None]  # type: ignore[index]


def test_the_paper_s_scales_by_hand() -> None:
    """x0 = 2.5 H(C) - .5 H(C without A) - 1 H(C without g)."""
    network, x = Adding(), torch.zeros(2, 20, 11)
    found = guided(network, conditions(2), Guidance())(x, T)
    assert found.unique().tolist() == [2.5 * 11_111 - 0.5 * 11_110 - 1.0 * 11_101]
    assert network.batches == [6]


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_scale_drives_its_condition_further_and_no_other(name: str) -> None:
    none = dict.fromkeys(CONDITIONS, 0.0)
    network = Adding()
    found = guided(network, conditions(2), Guidance(**{**none, name: 0.5}))(torch.zeros(2, 20, 11), T)
    assert found.unique().tolist() == [11_111 + 0.5 * WORTH[name]]
    assert network.batches == [4]


def test_all_scales_at_once_are_one_batch() -> None:
    network = Adding()
    found = guided(network, conditions(2), Guidance(1, 2, 3, 4, 5))(torch.zeros(2, 20, 11), T)
    assert found.unique().tolist() == [11_111 + 1 * 1 + 2 * 10 + 3 * 100 + 4 * 1000 + 5 * 10_000]
    assert network.batches == [12]


def test_scales_of_zero_give_the_plain_result_and_cost_no_forward() -> None:
    network, said, x = awake(MotionTransformer(SMALL, SPACE)), conditions(2), noise(2)
    assert torch.equal(guided(network, said, Guidance(0, 0))(x, T), network(x, T, said))
    counted = Adding()
    guided(counted, said, Guidance(0, 0))(x, T)
    assert counted.batches == [2]


def test_a_condition_that_nobody_has_costs_no_forward() -> None:
    network = Adding()
    found = guided(network, conditions(2).without("gaze"), Guidance())(torch.zeros(2, 20, 11), T)
    assert found.unique().tolist() == [11_101 + 0.5]
    assert network.batches == [4]


def test_who_lacks_a_condition_is_not_driven_by_it() -> None:
    said = joined([conditions(1), conditions(1).without("gaze")])
    found = guided(Adding(), said, Guidance(audio=0, gaze=2))(torch.zeros(2, 20, 11), T)
    assert [each.unique().tolist() for each in found] == [[11_111 + 20], [11_101]]


def test_one_batch_is_as_forwards_one_by_one() -> None:
    network, said, x = awake(MotionTransformer(SMALL, SPACE)), conditions(2), noise(2)
    full, mute, blind = (network(x, T, each) for each in (said, said.without("audio"), said.without("gaze")))
    wanted = 2.5 * full - 0.5 * mute - 1.0 * blind
    assert torch.allclose(guided(network, said, Guidance())(x, T), wanted, atol=1e-5)
