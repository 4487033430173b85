"""A clip's camera: where its crops lie, and that points, poses and pictures go there alike."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.face.camera import GROWN, REACH, WHOLE, cameras, compose_pose, pictured, relative_camera, to_camera
from models.face.landmarks import pose_and_expression
from pipeline.faces.face_crop import FaceCrop

SIDE = 64
near = st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(0.7, 1.4)).map(np.array)


def seen_by(frame: np.ndarray, camera: np.ndarray) -> np.ndarray:
    """The part of a frame of 4 x 4 crop units that a square sees."""
    x, y, half = camera
    scale = SIDE / (2 * half)  # pixels a crop unit
    unit = len(frame) / 4  # the frame's
    matrix = np.array([[scale / unit, 0, 0], [0, scale / unit, 0]])
    middle = (np.array([x, y]) + 2) * unit - 0.5
    matrix[:, 2] = (SIDE - 1) / 2 - matrix[:, :2] @ middle
    return cv2.warpAffine(frame, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)


@pytest.fixture(scope="module")
def frame() -> np.ndarray:
    """Soft colours, so that a fraction of a pixel shows and interpolation does not."""
    noise = np.random.default_rng(0).normal(0, 1, (256, 256, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 12)
    return np.clip(128 + 50 * soft / soft.std(), 0, 255).astype(np.uint8)


def test_crops_that_stand_still_are_the_camera() -> None:
    found = cameras(np.full((5, 2), 70.0), np.full(5, 120.0), np.ones(5, bool))
    assert found.dtype == np.float32
    assert found.tolist() == [[0, 0, 1]] * 5


def test_a_crop_s_way_is_told_in_halves_of_the_camera() -> None:
    """Five crops of 100 pixels; one lies 10 to the right and 20 up, one is a tenth wider."""
    middle = np.full((5, 2), 50.0)
    middle[3] += [10, -20]
    side = np.array([100, 100, 100, 100, 110.0])
    found = cameras(middle, side, np.ones(5, bool))
    assert found[3] == pytest.approx([0.2, -0.4, 1])
    assert found[4] == pytest.approx([0, 0, 1.1])


def test_the_camera_is_where_the_face_was_seen() -> None:
    middle = np.array([[0, 0], [200, 0], [200, 0.0]])
    seen = np.array([True, False, False])
    assert cameras(middle, np.full(3, 1000.0), seen)[0] == pytest.approx(WHOLE)
    assert cameras(middle, np.full(3, 1000.0), ~seen)[1] == pytest.approx(WHOLE)
    assert cameras(middle, np.full(3, 1000.0), seen & ~seen)[1] == pytest.approx(WHOLE)


def test_a_crop_that_goes_far_takes_the_camera_along() -> None:
    middle = np.array([[0, 0], [0, 0], [0, 0], [90, -500.0]])
    found = cameras(middle, np.array([100, 100, 100, 400.0]), np.ones(4, bool))
    assert found[3] == pytest.approx([REACH, -REACH, GROWN])
    assert cameras(middle, np.array([100, 100, 100, 10.0]), np.ones(4, bool))[3, 2] == pytest.approx(1 / GROWN)


@given(near, near, near)
def test_places_in_places(a: np.ndarray, b: np.ndarray, point: np.ndarray) -> None:
    """A point of one square, told in another's units, is the same point of the third."""
    points = point[None]
    there = to_camera(to_camera(points, relative_camera(a, b)), b)
    assert there == pytest.approx(to_camera(points, a))
    assert relative_camera(a, a) == pytest.approx(WHOLE)


@given(near)
def test_poses_go_as_landmarks_do(camera: np.ndarray) -> None:
    points = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 468, 3))
    both = np.stack([camera, WHOLE])
    moved, stays = pose_and_expression(to_camera(points, both))[0]
    before = pose_and_expression(points)[0]
    assert compose_pose(before, both)[0] == pytest.approx(moved, abs=1e-3)
    assert compose_pose(before, both)[1] == pytest.approx(stays, abs=1e-6)
    as_tensor = compose_pose(torch.from_numpy(before), torch.from_numpy(both).float())
    assert as_tensor.numpy() == pytest.approx(compose_pose(before, both), abs=1e-5)


@pytest.mark.parametrize("camera", [(0.2, -0.3, 1.0), (0.5, 0.05, 1.3), (-0.25, 0.2, 0.8)])
def test_a_picture_is_what_the_other_square_sees(frame: np.ndarray, camera: tuple[float, ...]) -> None:
    place = np.array(camera)
    found, content = pictured(seen_by(frame, place), place)
    wanted = seen_by(frame, WHOLE)
    inner = cv2.erode(content.astype(np.uint8), np.ones((5, 5))).astype(bool)
    assert 0.3 < inner.mean() < 1
    assert np.abs(found.astype(int) - wanted)[inner].mean() < 1
    assert np.abs(found.astype(int) - wanted)[inner].max() <= 6
    assert np.abs(found.astype(int) - wanted)[~content].mean() > 5  # it goes on there as it ends


def test_content_is_where_the_square_lies() -> None:
    _, content = pictured(np.zeros((SIDE, SIDE, 3), np.uint8), np.array([0.5, 0, 1]))
    assert not content[:, :16].any()  # the square begins a quarter from the left
    assert content[:, 16:].all()
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    same, everywhere = pictured(picture, WHOLE)
    assert same is picture
    assert everywhere.all()


def test_a_view_seen_from_another_crop(frame: np.ndarray) -> None:
    """Picture and landmarks go together, and the crop that it is seen from is the camera from then on."""
    here, there = np.array([0.1, 0.2, 1.1]), np.array([-0.1, 0.1, 0.9])
    points = np.random.default_rng(2).uniform(-0.5, 0.5, (468, 3)).astype(np.float32)
    view = FaceCrop(seen_by(frame, here), points, here)
    moved = view.seen_from(there)
    assert to_camera(moved.landmarks, there) == pytest.approx(to_camera(points, here), abs=1e-6)
    assert moved.camera.tolist() == [0, 0, 1]
    wanted = seen_by(frame, there)
    assert moved.content is not None
    inner = cv2.erode(moved.content.astype(np.uint8), np.ones((5, 5))).astype(bool)
    assert np.abs(moved.picture.astype(int) - wanted)[inner].mean() < 1
    small = moved.at_size(32)
    assert (small.picture.shape, small.content.shape) == ((32, 32, 3), (32, 32))  # type: ignore[union-attr]
    assert view.at_size(SIDE) is view
