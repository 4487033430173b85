"""How a head moves, on motion whose steps are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.evaluation.motion.head import jitter, pose_delta, travel

ANGLES = arrays(np.float64, st.tuples(st.integers(3, 40), st.just(3)), elements=st.floats(-90, 90))


def test_an_even_turn_moves_and_does_not_tremble() -> None:
    turn = np.outer(np.arange(11), [0.5, -1.0, 0.0])
    assert pose_delta(turn) == pytest.approx(0.5)
    assert jitter(turn) == pytest.approx(0.0)
    assert travel(turn) == pytest.approx(np.sqrt(10) * 0.5)


def test_to_and_fro_trembles_twice_as_much_as_it_moves() -> None:
    tremble = np.repeat((np.arange(20) % 2)[:, None], 3, 1)
    assert pose_delta(tremble) == pytest.approx(1.0)
    assert jitter(tremble) == pytest.approx(2.0)


def test_a_still_head_and_a_single_frame_do_not_move() -> None:
    assert (pose_delta(np.ones((9, 3))), jitter(np.ones((9, 3))), travel(np.ones((9, 3)))) == (0.0, 0.0, 0.0)
    assert (pose_delta(np.ones((1, 3))), jitter(np.ones((2, 3)))) == (0.0, 0.0)


@given(ANGLES, st.floats(0.1, 10), st.floats(-50, 50))
def test_where_a_head_looks_is_of_no_account_and_all_grow_with_the_motion(
    angles: np.ndarray, larger: float, there: float
) -> None:
    for measure in (pose_delta, jitter, travel):
        assert measure(larger * angles + there) == pytest.approx(larger * measure(angles), abs=1e-6)
        assert measure(angles[::-1]) == pytest.approx(measure(angles), abs=1e-9)
    assert jitter(angles) <= 2 * pose_delta(angles) * (len(angles) - 1) / (len(angles) - 2) + 1e-9
