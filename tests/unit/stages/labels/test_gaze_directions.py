"""Directions of a gaze: the convention, the main direction, smoothing, and what a clip gets of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.landmarks.head_pose import rotation_of
from stages.labels.gaze_directions import main_direction, sampled_frames, smoothed, to_angles, to_vectors, with_gaze
from tests.made.clips import turned_clip


@given(st.floats(-179, 179), st.floats(-89, 89))
def test_vectors_of_angles_and_back(theta: float, phi: float) -> None:
    vector = to_vectors(np.array([theta, phi]))
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert to_angles(vector) == pytest.approx([theta, phi], abs=1e-6)


@given(st.integers(0, 1000))
def test_angles_of_vectors_and_back(seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(4, 5, 3))
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    assert to_angles(vectors).shape == (4, 5, 2)
    assert to_vectors(to_angles(vectors)) == pytest.approx(vectors, abs=1e-9)


@pytest.mark.parametrize(
    ("angles", "vector"),
    [((0, 0), (0, 0, -1)), ((90, 0), (-1, 0, 0)), ((-90, 0), (1, 0, 0)), ((0, 90), (0, -1, 0)), ((0, -90), (0, 1, 0))],
)
def test_the_convention(angles: tuple[float, float], vector: tuple[float, float, float]) -> None:
    """x right, y down, z away: theta > 0 looks to the image's left, phi > 0 up, (0, 0) into the camera."""
    assert to_vectors(np.array(angles)) == pytest.approx(vector, abs=1e-12)


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_gaze_and_head_have_the_same_sense(theta: float, phi: float) -> None:
    forward = -rotation_of(np.array([[phi, theta, 13.0]]))[0, :, 2]
    assert to_angles(forward) == pytest.approx([theta, phi], abs=1e-6)


@settings(deadline=None)
@given(st.floats(-60, 60), st.floats(-40, 40), st.floats(0.5, 0.9), st.integers(0, 1000))
def test_the_main_direction_is_the_planted_one_with_its_share(
    theta: float, phi: float, share: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    held = round(200 * share)
    spread = np.array([theta, phi]) + rng.normal(0, 1.0, (held, 2))
    elsewhere = np.column_stack([rng.uniform(-85, 85, 200 - held), rng.uniform(-80, 80, 200 - held)])
    vectors = to_vectors(rng.permutation(np.concatenate([spread, elsewhere])))
    *found, found_share = main_direction(vectors, 5.0)
    apart = np.degrees(np.arccos(np.clip(to_vectors(np.array(found)) @ to_vectors(np.array([theta, phi])), -1, 1)))
    assert apart < 1
    assert held / 200 - 0.02 <= found_share <= held / 200 + 0.06


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_a_mirrored_gaze_has_the_mirrored_main_direction(seed: int) -> None:
    rng = np.random.default_rng(seed)
    angles = rng.uniform(-30, 30, 2) + rng.normal(0, 3, (100, 2))
    theta, phi, share = main_direction(to_vectors(angles), 5.0)
    mirror_theta, mirror_phi, mirror_share = main_direction(to_vectors(angles * [-1, 1]), 5.0)
    assert (mirror_theta, mirror_phi, mirror_share) == pytest.approx((-theta, phi, share), abs=1e-6)


def test_one_fixed_gaze_is_all_of_it() -> None:
    assert main_direction(to_vectors(np.tile([12.3, -4.5], (7, 1))), 5.0) == pytest.approx((12.3, -4.5, 1.0))
    assert main_direction(to_vectors(np.array([[0.0, 0.0]])), 5.0) == pytest.approx((0, 0, 1))


def test_smoothing_takes_noise_and_leaves_a_jump() -> None:
    rng = np.random.default_rng(0)
    held = np.concatenate([np.tile([0.0, 0.0], (30, 1)), np.tile([25.0, 0.0], (30, 1))])
    noisy = to_vectors(held + rng.normal(0, 1.5, held.shape))
    smooth = to_angles(smoothed(noisy, np.arange(60) / 25, 0.28, 7.0))
    assert np.abs(smooth - held).mean() < 0.5 * np.abs(to_angles(noisy) - held).mean()
    assert smooth[29, 0] < 5
    assert smooth[30, 0] > 20


def test_no_smoothing_where_none_is_asked_for() -> None:
    vectors = to_vectors(np.array([[0.0, 0.0], [30.0, 5.0], [-20.0, 0.0]]))
    assert smoothed(vectors, np.arange(3) / 25, 0.0, 7.0) is vectors
    assert smoothed(vectors[:2], np.arange(2) / 25, 0.28, 7.0) is not None


@pytest.mark.parametrize(
    ("count", "every", "frames"), [(1, 3, [0]), (4, 3, [0, 3]), (6, 3, [0, 3, 5]), (3, 1, [0, 1, 2]), (2, 9, [0, 1])]
)
def test_the_last_frame_is_always_looked_at(count: int, every: int, frames: list[int]) -> None:
    assert sampled_frames(count, every).tolist() == frames


def test_frames_between_two_looks_are_interpolated() -> None:
    clip = turned_clip(np.zeros((5, 3)))
    seen = to_vectors(np.array([[-10.0, 0.0], [10.0, 0.0]]))
    out = with_gaze(clip, seen, np.array([0, 4]), 0.0, 7.0, 5.0, 0.0)
    assert out.arrays["gaze"][:, 0] == pytest.approx([-10, -5.04, 0, 5.04, 10], abs=0.01)
    assert out.arrays["gaze"][:, 1] == pytest.approx(0)


def test_the_main_direction_is_empty_under_the_least_share() -> None:
    clip = turned_clip(np.zeros((4, 3)))
    seen = to_vectors(np.array([[10.0, 0.0], [10.0, 0.0], [10.0, 0.0], [-40.0, 0.0]]))
    there = with_gaze(clip, seen, np.arange(4), 0.0, 7.0, 5.0, 0.75).columns
    assert (there["gaze_theta"], there["gaze_phi"], there["gaze_share"]) == pytest.approx((10, 0, 0.75))
    nowhere = with_gaze(clip, seen, np.arange(4), 0.0, 7.0, 5.0, 0.8).columns
    assert (nowhere["gaze_theta"], nowhere["gaze_phi"], nowhere["gaze_share"]) == (None, None, 0.75)
