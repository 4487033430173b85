"""Steps whose gradient is not finite."""

from __future__ import annotations

import math

import pytest

from pipeline.training.finite import MOST, Finite


def test_a_step_is_left_out_for_any_gradient_that_is_not_finite_and_is_counted_and_told() -> None:
    said: list[str] = []
    finite = Finite(said.append)
    assert finite.passes(0, {"model": 1.0, "discriminator": 2.0})
    assert not finite.passes(1, {"model": 1.0, "discriminator": math.inf})
    assert finite.passes(2, {"model": 1.0})
    assert not finite.passes(3, {"model": math.nan, "discriminator": math.inf})
    assert said == [
        "step 1: the gradient of the discriminator is inf; it is left out, for all that learns (1 so far)",
        "step 3: the gradient of the model is nan, the gradient of the discriminator is inf; it is left out, for all "
        "that learns (2 so far)",
    ]
    assert (finite.left_out, finite.in_a_row) == (2, 1)


def test_too_many_in_a_row_end_it_with_what_to_do_also_across_a_stop() -> None:
    first = Finite(lambda text: None)
    for step in range(MOST - 1):
        assert not first.passes(step, {"model": math.inf})
    again = Finite(lambda text: None)
    again.restore(first.state())
    with pytest.raises(FloatingPointError, match=rf"step 7: .* model is inf, and {MOST - 1} steps before.*--precision"):
        again.passes(7, {"model": math.inf})
