"""Seams lie where windows begin, and a jump there is seen."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.motion.windows import windows
from pipeline.evaluation.motion.seams import seam_steps, seams


@given(st.integers(1, 300), st.integers(5, 60), st.integers(0, 4))
def test_a_seam_is_where_a_window_begins(frames: int, window: int, overlap: int) -> None:
    count = torch.arange(frames)[:, None]
    begins = [int(each[0]) for each in windows([count], window, overlap)]
    assert seams(frames, window, overlap) == begins[1:]


def test_a_jump_at_a_seam_is_as_large_as_it_is() -> None:
    steps = np.ones(99)
    steps[44] = 6.0  # into frame 45
    motion = np.repeat(np.cumsum([0, *steps])[:, None], 4, 1)
    assert seams(100, 50, 5) == [45, 90]
    assert seam_steps(motion, [45], 5) == pytest.approx(6 / steps.mean())
    assert seam_steps(motion, [45, 90], 5) == pytest.approx((6 + 1) / 2 / steps.mean())


@pytest.mark.parametrize(("into", "seen"), [(44, False), (45, True), (50, True), (51, False)])
def test_near_is_from_before_the_window_to_behind_its_overlap(into: int, seen: bool) -> None:
    steps = np.ones(99)
    steps[into - 1] = 20.0
    motion = np.cumsum([0, *steps])[:, None]
    assert (seam_steps(motion, [45], 5) > 5) is seen  # type: ignore[operator]


def test_without_seams_or_motion_there_is_none() -> None:
    assert seams(50, 50, 5) == []
    assert seam_steps(np.random.default_rng(0).normal(size=(50, 3)), [], 5) is None
    assert seam_steps(np.zeros((100, 3)), [45], 5) is None
