"""Real faces for the models: one frame of each of the two people in the sample clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.detection.face_finder import FaceFinder
from models.landmarks.face_mesh import FaceMesh
from tests.made.sample_faces import frames_of, landmarks_of


@pytest.fixture(scope="session")
def finder() -> FaceFinder:
    return FaceFinder()


@pytest.fixture(scope="session")
def mesh(finder: FaceFinder) -> FaceMesh:
    return finder.mesh


@pytest.fixture(scope="session")
def man(samples: Path) -> np.ndarray:
    """A frontal man, 640x360."""
    return frames_of(samples / "talking_man.mp4", 10)[0]


@pytest.fixture(scope="session")
def woman(samples: Path) -> np.ndarray:
    """A smiling woman, 640x360, her face in the right half."""
    return frames_of(samples / "talking_woman.mp4", 10)[0]


@pytest.fixture(scope="session")
def clouds(samples: Path) -> np.ndarray:
    """A picture without a face."""
    return frames_of(samples / "no_face.mp4", 40)[0]


@pytest.fixture(scope="session")
def man_landmarks(man: np.ndarray, finder: FaceFinder) -> np.ndarray:
    return landmarks_of(man, finder)


@pytest.fixture(scope="session")
def woman_landmarks(woman: np.ndarray, finder: FaceFinder) -> np.ndarray:
    return landmarks_of(woman, finder)
