"""The perceptual distance sees what changes in a face and nothing else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.landmarks.canonical_face import canonical_face
from pipeline.evaluation.metrics.perceptual import PerceptualDistance

SIDE = 128


@pytest.fixture(scope="module")
def distance() -> PerceptualDistance:
    return PerceptualDistance()


@pytest.fixture
def face() -> np.ndarray:
    """Soft blobs in colours."""
    grain = np.random.default_rng(0).integers(0, 255, (16, 16, 3)).astype(np.uint8)
    return cv2.resize(grain, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def landmarks() -> np.ndarray:
    points = canonical_face()[:, :2]
    return SIDE / 2 + points / np.abs(points).max() * SIDE * 0.3


def test_the_same_picture_is_no_way_off_and_blur_is_farther_the_more_it_is(
    distance: PerceptualDistance, face: np.ndarray
) -> None:
    assert distance(face, face, landmarks()) == pytest.approx(0, abs=1e-9)
    blurred = [distance(cv2.GaussianBlur(face, (0, 0), sigma), face, landmarks()) for sigma in (1, 3, 9)]
    assert 1e-4 < blurred[0] < blurred[1] < blurred[2]


def test_what_lies_far_from_the_face_counts_nothing(distance: PerceptualDistance, face: np.ndarray) -> None:
    other = face.copy()
    other[:6], other[-6:] = 0, 255
    assert distance(other, face, landmarks()) == pytest.approx(0, abs=1e-9)
    other[SIDE // 2 - 8 : SIDE // 2 + 8] = 0
    assert distance(other, face, landmarks()) > 1e-3
