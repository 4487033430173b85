"""Identity vectors: near for one person, far for two."""

from __future__ import annotations

from pathlib import Path

import cv2
import dlib
import numpy as np
import pytest

from models.detection.face_finder import FaceFinder
from models.recognition.face_recognition import SAME_PERSON, FaceRecognition, chip
from models.runtime.image import cut
from models.weights.registry import weights
from tests.made.sample_faces import frames_of, landmarks_of


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


def test_the_numbers_are_those_of_dlib_itself(
    man: np.ndarray, man_landmarks: np.ndarray, woman: np.ndarray, woman_landmarks: np.ndarray, model: FaceRecognition
) -> None:
    reference = dlib.face_recognition_model_v1(str(weights("dlib_face_recognition").path()))
    for image, landmarks in ((man, man_landmarks), (woman, woman_landmarks)):
        face = cut(image, chip(landmarks[[263, 362, 33, 133, 2], :2]), 150)
        np.testing.assert_allclose(model.describe(face), reference.compute_face_descriptor(face), atol=1e-5)


def test_the_face_is_cut_where_dlib_cuts_it(man_landmarks: np.ndarray) -> None:
    points = np.round(man_landmarks[[263, 362, 33, 133, 2], :2]).astype(int)
    shape = dlib.full_object_detection(dlib.rectangle(0, 0, 9, 9), [dlib.point(int(x), int(y)) for x, y in points])
    details = dlib.get_face_chip_details(shape, size=150, padding=0.25)
    matrix = chip(points.astype(float))
    assert np.degrees(np.arctan2(-matrix[1, 0], matrix[0, 0])) == pytest.approx(np.degrees(details.angle), abs=1e-6)
    assert 150 / np.hypot(*matrix[:, 0]) == pytest.approx(details.rect.width(), abs=2.5)
    middle = cv2.invertAffineTransform(matrix) @ [74.5, 74.5, 1]
    centre = [(details.rect.left() + details.rect.right()) / 2, (details.rect.top() + details.rect.bottom()) / 2]
    np.testing.assert_allclose(middle, centre, atol=0.5)


def test_dlibs_own_chip_gives_nearly_the_same_person(
    man: np.ndarray, man_landmarks: np.ndarray, model: FaceRecognition
) -> None:
    points = np.round(man_landmarks[[263, 362, 33, 133, 2], :2]).astype(int)
    shape = dlib.full_object_detection(dlib.rectangle(0, 0, 9, 9), [dlib.point(int(x), int(y)) for x, y in points])
    theirs = model.describe(dlib.get_face_chip(np.ascontiguousarray(man), shape, size=150, padding=0.25))
    assert np.linalg.norm(model(man, man_landmarks) - theirs) < 0.1
