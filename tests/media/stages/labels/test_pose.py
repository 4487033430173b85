"""Head pose of a clip: what was put in comes out, per frame and as statistics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.clip import Clip
from stages.labels.pose import Pose, distance_of, pose_delta
from tests.made.clips import accepted, mirrored, turned_clip

POSE = Pose().open()
TURNS = np.column_stack([np.linspace(-10, 20, 40), np.linspace(30, -25, 40), 8 * np.sin(np.arange(40) / 5)])


def test_angles_per_frame_and_their_mean_spread_and_pace() -> None:
    out = accepted(POSE(turned_clip(TURNS)))
    assert out.arrays["pose"].shape == (40, 6)
    assert out.arrays["pose"][:, :3] == pytest.approx(TURNS, abs=1e-4)
    columns = [out.columns[name] for name in ("pitch", "yaw", "roll")]
    assert columns == pytest.approx(TURNS.mean(0), abs=1e-4)
    assert [out.columns[f"{name}_std"] for name in ("pitch", "yaw", "roll")] == pytest.approx(TURNS.std(0), abs=1e-4)
    assert out.columns["pose_delta"] == pytest.approx(np.abs(np.diff(TURNS, axis=0)).mean(), abs=1e-4)
    assert set(out.columns) == set(Pose.columns.names)


@settings(max_examples=20, deadline=None)
@given(st.floats(4, 25), st.floats(100, 540), st.floats(80, 280))
def test_where_the_head_is(scale: float, x: float, y: float) -> None:
    """x / z, y / z: the head's offset from the picture's centre as a share of its height."""
    pose = accepted(POSE(turned_clip(np.zeros((2, 3)), scale, (x, y)))).arrays["pose"]
    assert pose[:, 3] / pose[:, 5] == pytest.approx((x - 319.5) / 360, abs=1e-6)
    assert pose[:, 4] / pose[:, 5] == pytest.approx((y - 179.5) / 360, abs=1e-6)
    assert pose[:, 5] == pytest.approx(distance_of(np.array(scale), 360), rel=1e-6)


def test_mirrored_video_changes_the_sign_of_yaw_roll_and_x() -> None:
    there, mirror = (accepted(POSE(clip)).arrays["pose"] for clip in (turned_clip(TURNS), mirrored(turned_clip(TURNS))))
    assert mirror == pytest.approx(there * [1, -1, -1, -1, 1, 1], abs=0.01)


def test_a_real_clip_mirrored(woman: Clip) -> None:
    there, mirror = (accepted(POSE(clip)).arrays["pose"] for clip in (woman, mirrored(woman)))
    assert mirror == pytest.approx(there * [1, -1, -1, -1, 1, 1], abs=0.02)
    assert np.ptp(there[:, 1]) > 3


@pytest.mark.parametrize(
    ("degrees", "delta"),
    [
        (np.zeros((1, 3)), 0.0),
        (np.zeros((5, 3)), 0.0),
        (np.array([[0, 0, 0], [3, 0, 0]]), 1.0),
        (np.array([[0, 0, 0], [1, -2, 3], [0, 0, 0]]), 2.0),
    ],
)
def test_pose_delta_is_the_mean_over_frames_and_angles(degrees: np.ndarray, delta: float) -> None:
    assert pose_delta(degrees.astype(float)) == delta
