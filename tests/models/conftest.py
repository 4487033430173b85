"""Real faces for the models: one frame of each of the two people in the sample clips."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from models.face_finder import FaceFinder
from models.face_mesh import FaceMesh, region


def frames_of(path: Path, *indices: int) -> list[np.ndarray]:
    """Source frames at `indices`, uint8 RGB."""
    with av.open(str(path)) as container:
        images = [
            frame.to_ndarray(format="rgb24") for frame, _ in zip(container.decode(video=0), range(max(indices) + 1))
        ]
    return [images[i] for i in indices]


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


def landmarks_of(image: np.ndarray, finder: FaceFinder) -> np.ndarray:
    """Landmarks [468, 3] of the widest face of `image`."""
    found = finder(image, 0.75, 0.5)
    best = int(np.argmax(found.widths))
    points, presence = finder.mesh.both(image, region(found.boxes[best].reshape(2, 2), found.keypoints[best, :2]))
    assert presence > 5
    return points


@pytest.fixture(scope="session")
def man_landmarks(man: np.ndarray, finder: FaceFinder) -> np.ndarray:
    return landmarks_of(man, finder)


@pytest.fixture(scope="session")
def woman_landmarks(woman: np.ndarray, finder: FaceFinder) -> np.ndarray:
    return landmarks_of(woman, finder)


def mirrored_points(points: np.ndarray, width: int) -> np.ndarray:
    """Points [..., 2 or more] of a picture `width` wide as they lie in its mirror image."""
    out = np.array(points, dtype=np.float64)
    out[..., 0] = width - 1 - out[..., 0]
    return out
