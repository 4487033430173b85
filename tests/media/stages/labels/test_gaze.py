"""Gaze from the irises: its sense, and mirrors (its directions: test_gaze_directions.py)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.landmarks.iris import EYES
from stages.clip import Clip
from stages.labels.gaze import Gaze
from tests.made.clips import accepted, mirrored, turned_clip

GAZE = Gaze()


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
