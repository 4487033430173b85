"""The followed face: gaps in time, and what is filled in."""

from __future__ import annotations

from unittest.mock import MagicMock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.tracking.face_path import FacePath, longest_gap
from stages.tracking.follower import Follower


@given(st.lists(st.booleans(), max_size=30))
def test_the_longest_gap(present: list[bool]) -> None:
    text = "".join("x" if seen else " " for seen in present)
    assert longest_gap(np.array(present)) == max(len(part) for part in text.split("x"))


@given(st.lists(st.booleans(), min_size=1, max_size=30).filter(any))
def test_gaps_are_filled_in_a_straight_line_and_at_the_ends_with_the_nearest(present: list[bool]) -> None:
    seen = np.array(present)
    path = FacePath(MagicMock(Follower), every=12)
    path.landmarks = [np.full((468, 3), float(i) ** 2) if known else None for i, known in enumerate(present)]
    filled = path.filled()[:, 0, 0]
    known = np.flatnonzero(seen)
    assert filled == pytest.approx(np.interp(np.arange(len(seen)), known, known.astype(float) ** 2))
