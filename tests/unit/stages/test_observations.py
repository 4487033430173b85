"""The rule of several faces: a third as wide, in a fifth of the sampled frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.observations import FaceCount


def counted(*frames: list[float], main: float | None = None) -> FaceCount:
    count = FaceCount(1 / 3, 0.2)
    for widths in frames:
        count = count.add(np.array(widths), main)
    return count


@pytest.mark.parametrize(("second", "counts"), [(34.0, True), (33.0, False), (100.0, True), (5.0, False)])
def test_a_second_face_counts_from_a_third_of_the_width(second: float, counts: bool) -> None:
    count = counted(*[[99.1, second]] * 10)
    assert count.several is counts
    assert count.most == (2 if counts else 1)


@pytest.mark.parametrize(("frames", "several"), [(0, False), (1, False), (2, True), (10, True)])
def test_several_from_a_fifth_of_the_sampled_frames(frames: int, several: bool) -> None:
    count = counted(*[[100, 80]] * frames, *[[100]] * (10 - frames))
    assert count.several is several
    assert count.several_share == frames / 10


def test_an_inset_thumbnail_does_not_count_and_an_interview_does() -> None:
    assert not counted(*[[200, 40]] * 20).several
    assert counted(*[[200, 150]] * 20).several


def test_the_followed_face_is_the_measure_where_it_is_known() -> None:
    assert counted([300, 90], main=300).counts == (1,)
    assert counted([300, 90], main=90).counts == (2,)
    assert counted([10], main=300).counts == (1,)


def test_none_is_said_of_frames_that_were_looked_at() -> None:
    assert counted([], []).none
    assert not counted([], [50]).none
    assert not FaceCount(1 / 3, 0.2).none
    assert not FaceCount(1 / 3, 0.2).several
    assert FaceCount(1 / 3, 0.2).most == 0


@given(st.lists(st.lists(st.floats(1, 500), max_size=5), max_size=12))
def test_counts_are_one_a_frame_and_shares_add_up(frames: list[list[float]]) -> None:
    count = counted(*frames)
    assert len(count.counts) == len(frames)
    assert [n == 0 for n in count.counts] == [not widths for widths in frames]
    assert all(n <= len(widths) for n, widths in zip(count.counts, frames, strict=True))
    assert count.several_share == pytest.approx(sum(n > 1 for n in count.counts) / max(1, len(frames)))


@given(st.lists(st.floats(1, 500), min_size=1, max_size=5), st.floats(0.1, 10))
def test_the_size_of_the_frame_does_not_matter(widths: list[float], scale: float) -> None:
    near_limit = any(abs(w / max(widths) - 1 / 3) < 1e-9 for w in widths)
    if not near_limit:
        assert counted([w * scale for w in widths]).counts == counted(widths).counts
