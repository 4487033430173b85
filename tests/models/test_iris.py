"""The iris network on a real face, and on its mirror image."""

from __future__ import annotations

import numpy as np
import pytest
from sample_faces import mirrored_points

from models.canonical_face import mirror_index
from models.iris import Iris


@pytest.fixture(scope="module")
def iris() -> Iris:
    return Iris()


def test_the_iris_lies_between_the_corners_of_its_eye(man: np.ndarray, man_landmarks: np.ndarray, iris: Iris) -> None:
    eyes = iris(man, man_landmarks)
    assert eyes.shape == (2, 3, 2)
    (right, left), width = eyes, np.ptp(man_landmarks[:, 0])
    for centre, inner, outer in (right, left):
        assert min(inner[0], outer[0]) < centre[0] < max(inner[0], outer[0])
        assert 0.12 < abs(outer[0] - inner[0]) / width < 0.35
    assert left[2, 0] < left[1, 0] < right[1, 0] < right[2, 0]
    assert right[1] == pytest.approx(man_landmarks[362, :2], abs=0.05 * width)
    assert left[2] == pytest.approx(man_landmarks[33, :2], abs=0.05 * width)


def test_the_iris_is_the_dark_spot(man: np.ndarray, man_landmarks: np.ndarray, iris: Iris) -> None:
    grey = man.mean(-1)
    for centre, inner, outer in iris(man, man_landmarks):
        x, y = centre.round().astype(int)
        around = np.linspace(inner, outer, 40)[4:-4].round().astype(int)
        assert grey[y - 1 : y + 2, x - 1 : x + 2].mean() < grey[around[:, 1], around[:, 0]].mean()


def test_a_mirrored_face_gives_mirrored_points(woman: np.ndarray, woman_landmarks: np.ndarray, iris: Iris) -> None:
    width = woman.shape[1]
    mirrored = iris(np.ascontiguousarray(woman[:, ::-1]), mirrored_points(woman_landmarks, width)[mirror_index()])
    assert mirrored_points(mirrored[::-1], width) == pytest.approx(iris(woman, woman_landmarks), abs=0.15)
