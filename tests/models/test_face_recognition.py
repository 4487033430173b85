"""Identity vectors: near for one person, far for two."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from sample_faces import frames_of, landmarks_of

from models.face_finder import FaceFinder
from models.face_recognition import SAME_PERSON, FaceRecognition


@pytest.fixture(scope="module")
def model() -> FaceRecognition:
    return FaceRecognition()


def test_two_frames_of_one_person_are_near_and_two_people_are_not(
    samples: Path,
    man: np.ndarray,
    man_landmarks: np.ndarray,
    woman: np.ndarray,
    woman_landmarks: np.ndarray,
    finder: FaceFinder,
    model: FaceRecognition,
) -> None:
    (later,) = frames_of(samples / "talking_man.mp4", 60)
    first, second = model(man, man_landmarks), model(later, landmarks_of(later, finder))
    other = model(woman, woman_landmarks)
    assert (first.shape, first.dtype) == ((128,), np.float32)
    assert np.linalg.norm(first) == pytest.approx(1.4, abs=0.15)
    assert np.linalg.norm(first - second) < 0.75 * SAME_PERSON
    assert np.linalg.norm(first - other) > SAME_PERSON
    assert np.linalg.norm(second - other) > SAME_PERSON


def test_the_size_of_the_face_does_not_change_who_it_is(
    man: np.ndarray, man_landmarks: np.ndarray, model: FaceRecognition
) -> None:
    half = cv2.resize(man, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    assert np.linalg.norm(model(half, man_landmarks / 2) - model(man, man_landmarks)) < SAME_PERSON / 2
