"""Eq. 1 and the loss of velocities, against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from models.motion.losses import leading, reconstruction, velocity
from models.motion.space import POSE, MotionSpace

X0 = torch.zeros(2, 4, 2)
EVERY = torch.ones(2, 4, dtype=torch.bool)
ONE = torch.ones(2)
NO, YES = torch.zeros(2, dtype=torch.bool), torch.ones(2, dtype=torch.bool)


def test_reconstruction_is_the_mean_squared_error_of_frames_that_count() -> None:
    found = X0.clone()
    found[0, 0] = torch.tensor([2.0, 4])
    assert reconstruction(found, X0, EVERY) == pytest.approx(20 / 16)
    frames = EVERY.clone()
    frames[1] = False
    assert reconstruction(found, X0, frames) == pytest.approx(20 / 8)
    frames[0, 0] = False
    assert reconstruction(found, X0, frames) == 0
    assert reconstruction(found, X0, torch.zeros_like(EVERY)) == 0


def test_a_constant_error_moves_as_it_should_but_for_the_step_from_the_previous_window() -> None:
    found = X0 + 3
    assert velocity(found, X0, EVERY, NO, ONE) == 0
    # of each window, one step of four is off, by 3
    assert velocity(found, X0, EVERY, YES, ONE) == pytest.approx(9 / 4)
    # and of one window alone: 9 of the 2 x 3 steps within windows and one before
    assert velocity(found, X0, EVERY, torch.tensor([True, False]), ONE) == pytest.approx(9 / 7)


def test_the_first_step_counts_as_often_as_is_asked() -> None:
    assert velocity(X0 + 3, X0, EVERY, YES, ONE, first=3) == pytest.approx(3 * 9 / 6)
    assert velocity(X0 + 3, X0, EVERY, YES, ONE, first=0) == 0


def test_each_number_s_error_is_over_the_variance_of_its_own_steps() -> None:
    found = X0.clone()
    found[:, 2:, 0] = 1  # one step of three is off by 1, of the first number
    assert velocity(found, X0, EVERY, NO, ONE) == pytest.approx(1 / 6)
    assert velocity(found, X0, EVERY, NO, torch.tensor([0.1, 1])) == pytest.approx(100 / 6)
    assert velocity(found, X0, EVERY, NO, torch.tensor([1, 0.1])) == pytest.approx(1 / 6)


def test_steps_into_and_within_padding_do_not_count() -> None:
    frames = torch.arange(4).expand(2, 4) < 2
    found = X0.clone()
    found[:, 2:] = torch.randn(2, 2, 2)
    assert velocity(found, X0, frames, YES, ONE) == 0
    found[:, 1] = 1
    assert velocity(found, X0, frames, YES, ONE) == pytest.approx(1 / 2)
    assert velocity(found, X0, frames, NO, ONE) == pytest.approx(1)


def test_trembling_costs_more_in_velocity_than_in_place() -> None:
    tremble = X0 + 0.1 * (-1.0) ** torch.arange(4)[:, None]
    assert reconstruction(tremble, X0, EVERY) == pytest.approx(0.01)
    assert velocity(tremble, X0, EVERY, NO, ONE) == pytest.approx(0.04)


def test_both_losses_teach() -> None:
    found = (X0 + torch.randn(X0.shape, generator=torch.Generator().manual_seed(0))).requires_grad_()
    (reconstruction(found, X0, EVERY) + velocity(found, X0, EVERY, YES, ONE)).backward()
    assert found.grad is not None
    assert (found.grad.abs().sum((1, 2)) > 0).all()


def test_numbers_count_as_they_are_told() -> None:
    found = X0 + torch.tensor([1.0, 3])
    counts = torch.tensor([1.5, 0.5])
    assert reconstruction(found, X0, EVERY, counts) == pytest.approx((1.5 + 4.5) / 2)
    assert velocity(found, X0, EVERY, YES, ONE, counts=counts) == pytest.approx((1.5 + 4.5) / 2 / 4)


def test_the_first_numbers_of_z_dyn_count_most() -> None:
    counts = leading(MotionSpace(dynamics=9, audio=1, emotion=1), most=4, fall=3)
    assert counts.mean() == pytest.approx(1)
    assert (counts[:POSE] == counts[0]).all()
    assert counts[POSE] / counts[0] == pytest.approx(5)
    assert (counts[POSE + 3] - counts[0]) / (counts[POSE] - counts[0]) == pytest.approx(math.exp(-1))
    assert (leading(MotionSpace(9, 1, 1), 0) == 1).all()
