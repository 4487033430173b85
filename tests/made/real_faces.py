"""Two real faces of the sample clips as views, for the conftest.py of a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.detection.face_finder import FaceFinder
from pipeline.evaluation.faces.observer import FaceReading
from pipeline.faces.face_crop import FaceCrop
from tests.made.face_views import view_of
from tests.made.sample_faces import frames_of, landmarks_of


@pytest.fixture(scope="session")
def finder() -> FaceFinder:
    return FaceFinder()


@pytest.fixture(scope="session")
def man(samples: Path, finder: FaceFinder) -> FaceCrop:
    """A frontal man at 96 pixels."""
    image = frames_of(samples / "talking_man.mp4", 10)[0]
    return view_of(image, landmarks_of(image, finder), 96)


@pytest.fixture(scope="session")
def woman(samples: Path, finder: FaceFinder) -> FaceCrop:
    """A smiling woman at 96 pixels."""
    image = frames_of(samples / "talking_woman.mp4", 10)[0]
    return view_of(image, landmarks_of(image, finder), 96)


@pytest.fixture
def reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FaceReading:
    """Without the face landmarker's file."""
    monkeypatch.setenv("VASARI_WEIGHTS", str(tmp_path / "weights"))
    return FaceReading()


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)
