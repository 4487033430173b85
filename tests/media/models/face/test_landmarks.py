"""Poses and expressions of landmarks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.face.landmarks import EXPRESSIVE, MARGIN, canonical_size, mirrored, mirrored_eyes, pose_and_expression
from models.face.rigid import to_picture
from models.landmarks.canonical_face import canonical_face, mirror_index
from pipeline.faces.face_crop import FaceCrop

angle = st.floats(-60, 60)
poses = st.tuples(angle, angle, angle, st.floats(-0.4, 0.4), st.floats(-0.4, 0.4), st.floats(0.5, 1.5))


def placed(points: np.ndarray, pose: tuple[float, ...]) -> np.ndarray:
    """Canonical points [..., 3] in a pose."""
    matrix = to_picture(torch.tensor([pose]))[0].double().numpy()
    return points @ matrix[:, :3].T + matrix[:, 3]


def test_a_head_of_size_1_is_as_high_as_the_crop_has_it() -> None:
    assert np.ptp(canonical_face()[:, 1]) * canonical_size() == pytest.approx(2 / MARGIN)


@settings(max_examples=50)
@given(poses)
def test_reading_undoes_a_made_pose(pose: tuple[float, ...]) -> None:
    told, expression = pose_and_expression(placed(canonical_face() * canonical_size(), pose)[None])
    assert told[0] == pytest.approx(pose, abs=1e-3)
    assert np.abs(expression).max() < 1e-4


@settings(max_examples=20)
@given(poses)
def test_an_expression_is_the_same_in_any_pose(pose: tuple[float, ...]) -> None:
    face = canonical_face() * canonical_size()
    face[17, 1] += 0.05  # a point of the lower lip, which poses do not look at
    _, expression = pose_and_expression(placed(face, pose)[None])
    moved = expression[0, EXPRESSIVE.index(17)]
    assert moved == pytest.approx([0, 0.05, 0], abs=1e-4)
    assert np.abs(np.delete(expression[0], EXPRESSIVE.index(17), 0)).max() < 1e-4


def test_mirrored_twice_is_itself(views: list[FaceCrop]) -> None:
    landmarks = np.stack([view.landmarks for view in views])
    assert np.array_equal(mirrored(mirrored(landmarks)), landmarks)
    assert not np.array_equal(mirrored(landmarks), landmarks)
    eyes = np.random.default_rng(0).normal(size=(4, 2, 3))
    assert np.array_equal(mirrored_eyes(mirrored_eyes(eyes)), eyes)


def test_the_mirror_image_s_pose(views: list[FaceCrop]) -> None:
    """Yaw, roll and x change sign, the rest stays."""
    landmarks = np.stack([view.landmarks for view in views])
    there = pose_and_expression(mirrored(landmarks))[0] * [1, -1, -1, -1, 1, 1]
    assert there == pytest.approx(pose_and_expression(landmarks)[0], abs=1e-3)


def test_mirrored_landmarks_keep_their_meaning() -> None:
    """The point that is the eye's on the image's left is so in the mirror image too."""
    face = canonical_face()
    assert mirrored(face)[33] == pytest.approx(face[263] * [-1, 1, 1])
    assert mirrored(face)[33, 0] < 0


def test_mirrored_eyes_change_sides_and_the_sense_of_across() -> None:
    eyes = np.array([[0.3, 0.1, 0.02], [0.2, -0.05, 0.04]])
    assert mirrored_eyes(eyes).tolist() == [[0.2, 0.05, 0.04], [0.3, -0.1, 0.02]]


def test_every_expressive_point_s_mirror_image_is_one_and_none_is_there_twice() -> None:
    assert {int(mirror_index()[point]) for point in EXPRESSIVE} == set(EXPRESSIVE)
    assert len(set(EXPRESSIVE)) == len(EXPRESSIVE)
