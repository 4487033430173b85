"""Whether a face's eyes and mouth have moved: not by the camera, the light or noise, but by a mouth that opens."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from stages.clip import Clip
from stages.labels.stillness import look, moved


@pytest.fixture(scope="module")
def picture(man: Clip) -> np.ndarray:
    return look(man.tracked(), [40]).picture


def warped(picture: np.ndarray, zoom: float, degrees: float, shift: float) -> np.ndarray:
    matrix = cv2.getRotationMatrix2D((23.5, 23.5), degrees, zoom)
    matrix[:, 2] += shift
    return cv2.warpAffine(picture, matrix, (48, 48), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def test_a_look_is_the_face_from_brows_to_lip(picture: np.ndarray) -> None:
    assert (picture.shape, picture.dtype) == ((48, 48), np.dtype(np.float32))
    assert picture.std() > 10


def test_a_picture_has_not_moved_against_itself(picture: np.ndarray) -> None:
    assert moved(picture, picture) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(("zoom", "degrees", "shift"), [(1.0, 0.0, 1.0), (1.03, 0.0, 0.0), (0.98, 2.0, -0.7)])
def test_a_camera_that_moves_moves_nothing(picture: np.ndarray, zoom: float, degrees: float, shift: float) -> None:
    assert moved(picture, warped(picture, zoom, degrees, shift)) < 0.3


def test_light_moves_nothing(picture: np.ndarray) -> None:
    assert moved(picture, 0.8 * picture + 12) < 0.05


def test_a_mouth_that_opens_has_moved(man: Clip, picture: np.ndarray) -> None:
    """The rows under the mouth's middle shifted down by 5 percent of the face's height."""
    rows = np.arange(48, dtype=np.float32)
    down = rows - 3.1 * np.clip((rows - 33) / 3, 0, 1)
    across, source = np.meshgrid(rows, down)
    opened = cv2.remap(picture, across.astype(np.float32), source.astype(np.float32), cv2.INTER_LINEAR)
    assert moved(picture, opened) > 1.0


def test_another_face_has_moved(picture: np.ndarray, woman: Clip) -> None:
    assert moved(picture, look(woman.tracked(), [40]).picture) > 2


def test_what_has_no_common_shape_has_moved_without_limit(picture: np.ndarray) -> None:
    assert moved(np.zeros((48, 48), np.float32), picture) == float("inf")


def test_noise_is_told_from_three_frames_on(man: Clip) -> None:
    track = man.tracked()
    assert look(track, [40]).noise is None
    assert look(track, [40, 41]).noise is None
    quiet = look(track, [40, 41, 42, 43, 44]).noise
    assert quiet is not None
    assert 0 < quiet < 2
