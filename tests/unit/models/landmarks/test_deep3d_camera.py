"""Deep3DFaceRecon's coefficients: their order, the sense of the angles, and the unit of the distance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.landmarks.deep3d_camera import (
    ANGLES,
    CAMERA_Z,
    COEFFICIENTS,
    EXPRESSION,
    FACE_WIDTH,
    FOCAL,
    IDENTITY,
    LIGHTING,
    TEXTURE,
    TRANSLATION,
    distance_of,
    pose_of,
)
from models.landmarks.head_pose import angles as angles_of


def test_the_parts_are_all_there_is() -> None:
    parts = (IDENTITY, EXPRESSION, TEXTURE, ANGLES, LIGHTING, TRANSLATION)
    assert [p.stop - p.start for p in parts] == [80, 64, 80, 3, 27, 3]
    assert [i for p in parts for i in range(p.start, p.stop)] == list(range(COEFFICIENTS))


def turned(axis: int, angle: float) -> np.ndarray:
    """The network's own rotation by one angle, as its published code writes it (x right, y up, z to the camera)."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array(
        [
            [[1, 0, 0], [0, c, -s], [0, s, c]],
            [[c, 0, s], [0, 1, 0], [-s, 0, c]],
            [[c, -s, 0], [s, c, 0], [0, 0, 1]],
        ][axis]
    )


@given(st.floats(-1.2, 1.2), st.floats(-1.2, 1.2), st.floats(-1.2, 1.2))
def test_angles_are_those_of_the_same_rotation_in_our_axes(x: float, y: float, z: float) -> None:
    theirs = turned(2, z) @ turned(1, y) @ turned(0, x)
    half_turn = np.diag([1.0, -1.0, -1.0])
    assert pose_of(np.array([[x, y, z]])) == pytest.approx(angles_of((half_turn @ theirs @ half_turn)[None]), abs=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_each_angle_alone_has_the_opposite_sense(axis: int) -> None:
    angles = np.zeros((1, 3))
    angles[0, axis] = 0.2
    assert pose_of(angles) == pytest.approx(-np.degrees(angles), abs=1e-6)


def test_one_is_a_face_a_third_of_the_height_wide() -> None:
    """A face of FACE_WIDTH at this z is 120 pixels wide in a frame 360 high; the crop makes that 60."""
    z = CAMERA_Z - FACE_WIDTH * FOCAL / 60
    assert distance_of(np.array([[0.1, 0.2, z]]), np.array([0.5]), 360) == pytest.approx([1])


def test_distance_grows_with_depth_and_with_the_crops_scale() -> None:
    translation = np.zeros((3, 3))
    translation[1, 2] = -2.5
    near, deeper, enlarged = distance_of(translation, np.array([1.0, 1.0, 2.0]), 256)
    assert deeper == pytest.approx(1.25 * near)
    assert enlarged == pytest.approx(2 * near)
    assert distance_of(translation[:1], np.ones(1), 512) == pytest.approx([2 * near])
