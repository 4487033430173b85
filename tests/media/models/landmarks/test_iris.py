"""The iris network on a real face, and on its mirror image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.detection.face_finder import FaceFinder
from models.face.landmarks import mirrored_eyes
from models.landmarks.canonical_face import mirror_index
from models.landmarks.iris import Iris
from tests.made.sample_faces import frames_of, landmarks_of, mirrored_points


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


def test_how_eyes_look_in_the_mirror(woman: np.ndarray, woman_landmarks: np.ndarray, iris: Iris) -> None:
    there = mirrored_points(woman_landmarks, woman.shape[1])[mirror_index()]
    mirrored = iris.looks(np.ascontiguousarray(woman[:, ::-1]), there)
    assert mirrored.shape == (2, 3)
    assert mirrored_eyes(mirrored) == pytest.approx(iris.looks(woman, woman_landmarks), abs=0.01)


def test_lids_close_in_a_blink(samples: Path, finder: FaceFinder, iris: Iris) -> None:
    """The man blinks in frame 27."""
    before, blink, after = (
        iris.looks(frame, landmarks_of(frame, finder))[:, 0]
        for frame in frames_of(samples / "talking_man.mp4", 20, 27, 34)
    )
    assert (blink < 0.75 * before).all()
    assert (blink < 0.75 * after).all()
    assert after == pytest.approx(before, abs=0.03)


def test_who_looks_into_the_camera_has_open_eyes_and_both_irises_in_the_middle(
    man: np.ndarray, man_landmarks: np.ndarray, iris: Iris
) -> None:
    """Within a fifth of the eye's width."""
    looks = iris.looks(man, man_landmarks)
    assert np.abs(looks[:, 1]).max() < 0.2
    assert 0.1 < looks[:, 0].min() < looks[:, 0].max() < 0.5
