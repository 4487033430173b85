"""Gaze: its convention, its main direction, and mirrors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_clips import accepted, mirrored, turned_clip

from models.head_pose import rotation_of
from models.iris import EYES
from stages.clip import Clip
from stages.gaze import Gaze, main_direction, to_angles, to_vectors

GAZE = Gaze()


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


class LookingEyes:
    """An iris model that sees the iris `shift` (x, y) eye widths away from the middle of the eye's corners."""

    def __init__(self, shift: tuple[float, float]) -> None:
        self._shift = np.array(shift)

    def __call__(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        corners = np.array([[landmarks[inner, :2], landmarks[outer, :2]] for inner, outer, _ in EYES])
        width = np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1, keepdims=True)
        return np.concatenate([(corners.mean(1) + self._shift * width)[:, None], corners], 1)


def looked(shift: tuple[float, float], turn: tuple[float, float, float] = (0, 0, 0), **changes: object) -> Clip:
    clip = turned_clip(np.array([turn] * 20, float))
    return replace(GAZE, **changes).run(clip, LookingEyes(shift))  # type: ignore[arg-type]


def test_eyes_to_the_image_s_left_are_theta_above_0_and_eyes_up_phi_above_0() -> None:
    ahead = looked((0, 0)).columns
    assert abs(ahead["gaze_theta"]) < 0.5
    assert abs(ahead["gaze_phi"]) < 10
    left, right, up, down = (looked(s).columns for s in ((-0.1, 0), (0.1, 0), (0, -0.1), (0, 0.1)))
    assert left["gaze_theta"] > 5
    assert right["gaze_theta"] == pytest.approx(-left["gaze_theta"], abs=0.5)
    assert up["gaze_phi"] > ahead["gaze_phi"] + 5
    assert down["gaze_phi"] < ahead["gaze_phi"] - 5


def test_a_turned_head_whose_eyes_stay_in_the_middle_looks_where_it_is_turned() -> None:
    ahead, turned = looked((0, 0)).columns, looked((0, 0), (0, 20, 0)).columns
    assert turned["gaze_theta"] - ahead["gaze_theta"] > 10
    tilted = looked((0, 0), (15, 0, 0)).columns
    assert tilted["gaze_phi"] - ahead["gaze_phi"] > 7


def test_every_frame_has_a_gaze_and_the_share_is_of_them() -> None:
    out = looked((0, 0))
    assert out.arrays["gaze"].shape == (20, 2)
    assert out.columns["gaze_share"] == 1.0
    assert out.arrays["gaze"] == pytest.approx(
        np.tile([out.columns["gaze_theta"], out.columns["gaze_phi"]], (20, 1)), abs=1e-3
    )


def test_a_gaze_that_is_nowhere_for_long_has_no_main_direction() -> None:
    out = looked((0, 0), min_share=1.1)
    assert out.columns["gaze_theta"] is None
    assert out.columns["gaze_phi"] is None
    assert out.columns["gaze_share"] == 1.0


def test_a_real_clip_mirrored_looks_the_other_way(woman: Clip) -> None:
    run = Gaze().open()
    there, mirror = accepted(run(woman)), accepted(run(mirrored(woman)))
    assert len(there.arrays["gaze"]) == len(woman.tracked().times)
    difference = np.abs(mirror.arrays["gaze"] - there.arrays["gaze"] * [-1, 1])
    assert difference.mean() < 0.3
    assert mirror.columns["gaze_share"] == pytest.approx(there.columns["gaze_share"], abs=0.1)
