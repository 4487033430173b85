"""The stable crop: a still face keeps a still crop, tremor does not reach it, motion moves it slowly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.tracking.stable_crop import StableCrop

IMAGE = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)


def path(boxes: list[np.ndarray | None], reach: int = 6, size: int = 32, margin: float = 2.0) -> np.ndarray:
    """Matrices [T, 2, 3] of the crops of frames with `boxes`."""
    stable = StableCrop(size, margin, reach)
    for index, box in enumerate(boxes):
        stable.push(IMAGE, box)
        assert len(stable.crops) == max(0, index + 1 - reach)
    stable.finish()
    assert all(crop.shape == (size, size, 3) for crop in stable.crops)
    return np.stack(stable.matrices)


def centres(matrices: np.ndarray, size: int = 32) -> np.ndarray:
    """The frame point in the middle of each crop."""
    middle = (size - 1) / 2
    return np.stack([np.linalg.solve(m[:, :2], middle - m[:, 2]) for m in matrices])


def box(x: float, y: float, height: float) -> np.ndarray:
    return np.array([x, y, height])


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 30), st.integers(0, 8), st.floats(30, 120), st.floats(20, 90), st.floats(10, 60))
def test_one_crop_a_frame_of_a_still_face_all_the_same(
    count: int, reach: int, x: float, y: float, height: float
) -> None:
    matrices = path([box(x, y, height)] * count, reach)
    assert len(matrices) == count
    assert matrices == pytest.approx(np.repeat(matrices[:1], count, 0))
    assert centres(matrices)[0] == pytest.approx([x, y])
    assert matrices[0, 0, 0] == pytest.approx(32 / (2.0 * height))


def test_tremor_does_not_reach_the_crop() -> None:
    rng = np.random.default_rng(0)
    shaken = np.array([80, 60, 40]) + rng.normal(0, 2, (60, 3))
    found = centres(path(list(shaken), reach=12))
    assert np.abs(np.diff(found, axis=0)).mean() < 0.1 * np.abs(np.diff(shaken[:, :2], axis=0)).mean()


def test_steady_motion_is_followed_without_delay() -> None:
    moving = [box(40 + i, 60, 40) for i in range(60)]
    assert centres(path(moving))[6:-6] == pytest.approx(np.array(moving)[6:-6, :2], abs=1e-6)


def test_a_jump_becomes_a_slide() -> None:
    found = centres(path([*[box(40, 60, 40)] * 30, *[box(90, 60, 40)] * 30], reach=6))
    assert np.abs(np.diff(found[:, 0])).max() < 50 / 4
    assert (np.diff(found[:, 0]) > -1e-9).all()


def test_frames_without_a_face_use_the_nearest() -> None:
    boxes: list[np.ndarray | None] = [box(50, 60, 40)] * 5 + [None] * 30 + [box(90, 60, 40)] * 5
    found = centres(path(boxes, reach=3))
    assert found[[15, 25], 0] == pytest.approx([50, 50], abs=1e-6)
    assert found[-1, 0] == pytest.approx(90)


def test_without_any_face_the_middle_of_the_frame_is_cut() -> None:
    assert centres(path([None] * 5)) == pytest.approx(np.repeat([[80, 60]], 5, 0))
