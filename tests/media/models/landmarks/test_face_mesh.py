"""The face mesh: landmarks on a real face, the same on its mirror image, and whether there is a face at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.landmarks.canonical_face import mirror_index
from models.landmarks.face_mesh import LEFT_EYE, RIGHT_EYE, SIZE, FaceMesh, region, region_of
from tests.made.sample_faces import mirrored_points


def test_landmarks_lie_on_the_face(man: np.ndarray, man_landmarks: np.ndarray, mesh: FaceMesh) -> None:
    points, presence = mesh.both(man, region_of(man_landmarks))
    assert presence > 9
    left, right, nose, chin, forehead = points[[RIGHT_EYE, LEFT_EYE, 1, 152, 10]]
    assert left[0] < nose[0] < right[0]
    assert forehead[1] < left[1] < nose[1] < chin[1]
    assert nose[2] == pytest.approx(points[:, 2].min(), abs=3)
    # a second look from these landmarks sees the same
    again, _ = mesh.both(man, region_of(points))
    assert np.abs(again - points)[:, :2].mean() < 0.01 * np.ptp(points[:, 1])


def test_both_views_of_a_mirrored_frame_give_exactly_mirrored_landmarks(
    woman: np.ndarray, woman_landmarks: np.ndarray, mesh: FaceMesh
) -> None:
    width = woman.shape[1]
    flipped = np.ascontiguousarray(woman[:, ::-1])
    other = mirrored_points(woman_landmarks, width)[mirror_index()]
    plain, presence = mesh.both(woman, region_of(woman_landmarks))
    turned, presence_turned = mesh.both(flipped, region_of(other))
    assert np.abs(mirrored_points(turned, width)[mirror_index()] - plain).max() < 0.2
    assert presence_turned == pytest.approx(presence, abs=0.2)


def test_one_view_is_the_other_on_the_mirrored_frame(
    woman: np.ndarray, woman_landmarks: np.ndarray, mesh: FaceMesh
) -> None:
    width = woman.shape[1]
    flipped = np.ascontiguousarray(woman[:, ::-1])
    other = region_of(mirrored_points(woman_landmarks, width)[mirror_index()])
    seen, _ = mesh.one(woman, region_of(woman_landmarks), mirrored=True)
    wanted, _ = mesh.one(flipped, other, mirrored=False)
    assert np.abs(mirrored_points(wanted, width)[mirror_index()] - seen).max() < 0.3


def test_the_mean_of_the_views_is_what_both_gives(man: np.ndarray, man_landmarks: np.ndarray, mesh: FaceMesh) -> None:
    matrix = region_of(man_landmarks)
    (a, p), (b, q), (mean, least) = mesh.one(man, matrix, False), mesh.one(man, matrix, True), mesh.both(man, matrix)
    assert mean == pytest.approx((a + b) / 2, abs=1e-6)
    assert least == min(p, q)


def test_presence_is_low_where_there_is_no_face(clouds: np.ndarray, man_landmarks: np.ndarray, mesh: FaceMesh) -> None:
    assert mesh.both(clouds, region_of(man_landmarks))[1] < -3


@given(
    st.floats(0, 500),
    st.floats(0, 500),
    st.floats(20, 300),
    st.floats(20, 300),
    st.floats(-1.4, 1.4),
)
def test_the_region_levels_the_eyes_and_is_half_as_wide_again(
    x: float, y: float, width: float, height: float, angle: float
) -> None:
    points = np.array([[x, y], [x + width, y + height]])
    middle = points.mean(0)
    eyes = middle + 10 * np.array([[-np.cos(angle), -np.sin(angle)], [np.cos(angle), np.sin(angle)]])
    matrix = region(points, eyes)
    left, right = eyes @ matrix[:, :2].T + matrix[:, 2]
    assert left[1] == pytest.approx(right[1], abs=1e-6)
    assert left[0] < right[0]
    assert matrix @ [*middle, 1] == pytest.approx([(SIZE - 1) / 2] * 2, abs=1e-6)
    assert np.hypot(*matrix[0, :2]) == pytest.approx(SIZE / (1.5 * max(width, height)))
