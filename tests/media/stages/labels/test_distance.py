"""Distance: one where a frontal face is a third of the frame's height wide, twice as far in a frame twice as high."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.landmarks.canonical_face import canonical_face
from stages.clip import Clip
from stages.labels.distance import Distance
from stages.labels.pose import Pose, distance_of
from tests.made.clips import accepted, mirrored, plain, turned_clip

POSE, DISTANCE = Pose().open(), Distance().open()
FACE_CM = float(np.ptp(canonical_face()[:, 0]))


def distance(clip: Clip) -> float:
    return accepted(DISTANCE(accepted(POSE(clip)))).columns["distance"]


def padded(clip: Clip) -> Clip:
    """The clip with black around it to twice its size."""
    track = clip.tracked()
    height, width = track.frame_size
    landmarks = track.landmarks + [width / 2, height / 2, 0]
    return replace(clip, track=replace(track, landmarks=landmarks, frame_size=(2 * height, 2 * width)))


def test_one_is_a_frontal_face_a_third_of_the_height_wide() -> None:
    assert distance(turned_clip(np.zeros((3, 3)), scale=120 / FACE_CM)) == pytest.approx(1)


@settings(max_examples=20, deadline=None)
@given(st.floats(4, 25), st.floats(-30, 30))
def test_a_frame_padded_to_twice_its_size_doubles_it(scale: float, yaw: float) -> None:
    clip = turned_clip(np.array([[0, yaw, 0]] * 3), scale)
    assert distance(padded(clip)) == pytest.approx(2 * distance(clip), rel=1e-6)


def test_a_real_clip_padded(man: Clip) -> None:
    assert distance(padded(man)) == pytest.approx(2 * distance(man), rel=1e-4)
    before, after = (accepted(POSE(clip)).arrays["pose"][:, :3] for clip in (man, padded(man)))
    assert after == pytest.approx(before, abs=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.floats(-60, 60), st.floats(-30, 30), st.floats(-40, 40))
def test_turning_the_head_does_not_move_it(yaw: float, pitch: float, roll: float) -> None:
    turned = turned_clip(np.array([[pitch, yaw, roll]] * 2))
    assert distance(turned) == pytest.approx(distance(turned_clip(np.zeros((2, 3)))), rel=1e-6)


def test_half_the_size_is_twice_as_far_and_mirroring_changes_nothing(man: Clip) -> None:
    assert distance_of(np.array([5.0, 10.0]), 360) == pytest.approx(
        distance_of(np.array([5.0]), 360)[0] * np.array([1, 0.5])
    )
    assert distance(mirrored(man)) == pytest.approx(distance(man), rel=1e-3)


def test_one_odd_frame_does_not_move_the_clip() -> None:
    clip = turned_clip(np.zeros((9, 3)))
    landmarks = clip.tracked().landmarks.copy()
    landmarks[4] *= 3
    odd = replace(clip, track=replace(clip.tracked(), landmarks=landmarks))
    assert distance(odd) == pytest.approx(distance(clip))


def test_it_needs_the_pose() -> None:
    with pytest.raises(ValueError, match=r"a\.mp4: no head pose yet; put the stage 'pose' before 'distance'"):
        DISTANCE(plain())
