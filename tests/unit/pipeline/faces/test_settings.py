"""The learning rate, and that settings are whole."""

from __future__ import annotations

from dataclasses import fields

import pytest

from models.face import losses
from pipeline.faces.settings import FaceTraining, LossWeights


def test_the_rate_rises_stays_then_falls_to_a_twentieth() -> None:
    training = FaceTraining(steps=1000, warm_up=100, fall=0.4, rate=1e-3)
    rates = [training.rate_at(step) for step in range(1000)]
    assert rates[0] == pytest.approx(1e-5)
    assert rates[99:600] == pytest.approx([1e-3] * 501)
    assert all(a < b for a, b in zip(rates[:95], rates[1:96], strict=True))
    assert all(a > b for a, b in zip(rates[601:-1], rates[602:], strict=True))
    assert training.rate_at(1000) == pytest.approx(5e-5)
    assert training.rate_at(2000) == pytest.approx(5e-5)


def test_no_warm_up_and_no_fall() -> None:
    assert FaceTraining(fall=0).rate_at(23_999) == pytest.approx(1e-3)
    assert FaceTraining(warm_up=0).rate_at(0) == FaceTraining(warm_up=1).rate_at(0) == pytest.approx(1e-3)


def test_every_weight_is_of_a_loss_and_none_is_off() -> None:
    for each in fields(LossWeights):
        assert getattr(LossWeights(), each.name) > 0
        # the same as `expression`, but of what a frozen encoder reads off a picture
        assert hasattr(losses, each.name if each.name != "follow" else "counted")
