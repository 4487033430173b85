"""The emotion classifier: seven probabilities, a smile is happiness."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.emotion.fer import CLASSES, SIZE, FerEmotion
from models.runtime.image import cut, similarity


@pytest.fixture(scope="module")
def model() -> FerEmotion:
    return FerEmotion()


def face(image: np.ndarray, landmarks: np.ndarray, size: int) -> np.ndarray:
    low, high = landmarks[:, :2].min(0), landmarks[:, :2].max(0)
    return cut(image, similarity((low + high) / 2, float(high[1] - low[1]), 0.0, size), size)


def test_seven_classes_without_contempt() -> None:
    assert len(set(CLASSES)) == 7
    assert "contempt" not in CLASSES


def test_probabilities_of_a_smile(woman: np.ndarray, woman_landmarks: np.ndarray, model: FerEmotion) -> None:
    out = model(face(woman, woman_landmarks, SIZE))
    assert out.shape == (7,)
    assert (out >= 0).all()
    assert out.sum() == pytest.approx(1, abs=0.02)
    assert CLASSES[int(out.argmax())] == "happiness"


def test_a_face_of_another_size_is_shrunk_first(
    woman: np.ndarray, woman_landmarks: np.ndarray, model: FerEmotion
) -> None:
    large = face(woman, woman_landmarks, 2 * SIZE)
    small = cv2.resize(large, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    assert model(large) == pytest.approx(model(small), abs=0.05)


def test_colour_does_not_matter(man: np.ndarray, man_landmarks: np.ndarray, model: FerEmotion) -> None:
    patch = face(man, man_landmarks, SIZE)
    grey = cv2.cvtColor(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    assert model(patch) == pytest.approx(model(grey), abs=1e-3)
