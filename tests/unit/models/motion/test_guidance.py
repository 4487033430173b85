"""Eq. 2 of the paper, against a network whose answers are known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from models.motion.conditions import CONDITIONS, Conditions, joined
from models.motion.guidance import Guidance, guided
from models.motion.network import MotionTransformer
from models.motion.prepared import Prepared
from models.motion.sampler import Predictor
from tests.made.motion import SMALL, SPACE, awake, conditions, noise

WORTH = {"audio": 1.0, "gaze": 10.0, "distance": 100.0, "emotion": 1000.0, "previous": 10_000.0}
STEPS = (500, 40)


class Adding:
    """H(C) = x + what the conditions that are there are worth; counts its calls and their batches."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def __call__(self, said: Conditions) -> Predictor:
        there = {name: said.has(name).reshape(len(said.frames), -1)[:, 0].float() for name in CONDITIONS}
        worth = sum(there[name] * WORTH[name] for name in CONDITIONS)

        def predict(x: torch.Tensor, step: int) -> torch.Tensor:
            assert len(x) == len(said.frames)
            self.batches.append(len(x))
            return x + (1 + step) * worth[:, None, None]  # type: ignore[index]

        return predict


def prepared() -> Callable[[Conditions], Predictor]:
    network = awake(MotionTransformer(SMALL, SPACE))
    return lambda said: Prepared.of(network, said, STEPS)


def test_the_paper_s_scales_by_hand() -> None:
    """x0 = 2.5 H(C) - .5 H(C without A) - 1 H(C without g)."""
    network, x = Adding(), torch.zeros(2, 20, 11)
    found = guided(network, conditions(2), Guidance())(x, 0)
    assert found.unique().tolist() == [2.5 * 11_111 - 0.5 * 11_110 - 1.0 * 11_101]
    assert network.batches == [6]


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_scale_drives_its_condition_further_and_no_other(name: str) -> None:
    none = dict.fromkeys(CONDITIONS, 0.0)
    network = Adding()
    found = guided(network, conditions(2), Guidance(**{**none, name: 0.5}))(torch.zeros(2, 20, 11), 0)
    assert found.unique().tolist() == [11_111 + 0.5 * WORTH[name]]
    assert network.batches == [4]


def test_all_scales_at_once_are_one_batch() -> None:
    network = Adding()
    found = guided(network, conditions(2), Guidance(1, 2, 3, 4, 5))(torch.zeros(2, 20, 11), 0)
    assert found.unique().tolist() == [11_111 + 1 * 1 + 2 * 10 + 3 * 100 + 4 * 1000 + 5 * 10_000]
    assert network.batches == [12]


def test_scales_of_zero_give_the_plain_result_and_cost_no_forward() -> None:
    network, said, x = prepared(), conditions(2), noise(2)
    assert torch.equal(guided(network, said, Guidance(0, 0))(x, 0), network(said)(x, 0))
    counted = Adding()
    guided(counted, said, Guidance(0, 0))(x, 0)
    assert counted.batches == [2]


def test_a_condition_that_nobody_has_costs_no_forward() -> None:
    network = Adding()
    found = guided(network, conditions(2).without("gaze"), Guidance())(torch.zeros(2, 20, 11), 0)
    assert found.unique().tolist() == [11_101 + 0.5]
    assert network.batches == [4]


def test_who_lacks_a_condition_is_not_driven_by_it() -> None:
    said = joined([conditions(1), conditions(1).without("gaze")])
    found = guided(Adding(), said, Guidance(audio=0, gaze=2))(torch.zeros(2, 20, 11), 0)
    assert [each.unique().tolist() for each in found] == [[11_111 + 20], [11_101]]


def test_one_batch_is_as_forwards_one_by_one() -> None:
    network, said, x = prepared(), conditions(2), noise(2)
    full, mute, blind = (network(each)(x, 1) for each in (said, said.without("audio"), said.without("gaze")))
    wanted = 2.5 * full - 0.5 * mute - 1.0 * blind
    assert torch.allclose(guided(network, said, Guidance())(x, 1), wanted, atol=1e-5)


def test_between_the_steps_it_is_calculated_at_guidance_is_what_it_was() -> None:
    """Of a network whose conditions count (1 + step) times: its own answer is of this step, what is added of step 0 or
    3."""
    network, x = Adding(), torch.zeros(2, 20, 11)
    predict = guided(network, conditions(2), Guidance(audio=0.5, gaze=0, every=3))
    found = [predict(x, step).unique().item() for step in range(5)]
    assert found == [(1 + step) * 11_111 + 0.5 * (1 + at) for step, at in enumerate((0, 0, 0, 3, 3))]
    assert network.batches == [4, 2, 2, 4, 2]
