"""Real faces for the models' tests: frames of the sample clips, their landmarks, and mirror images."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import av
import numpy as np

from models.detection.face_finder import FaceFinder
from models.landmarks.face_mesh import region


def frames_of(path: Path, *indices: int) -> list[np.ndarray]:
    """Source frames at `indices`, uint8 RGB."""
    with av.open(str(path)) as container:
        images = [frame.to_ndarray(format="rgb24") for frame in islice(container.decode(video=0), max(indices) + 1)]
    return [images[i] for i in indices]


def landmarks_of(image: np.ndarray, finder: FaceFinder) -> np.ndarray:
    """Landmarks [468, 3] of the widest face of `image`."""
    found = finder(image, 0.75, 0.5)
    best = int(np.argmax(found.widths))
    points, presence = finder.mesh.both(image, region(found.boxes[best].reshape(2, 2), found.keypoints[best, :2]))
    assert presence > 5
    return points


def mirrored_points(points: np.ndarray, width: int) -> np.ndarray:
    """Points [..., 2 or more] of a picture `width` wide as they lie in its mirror image."""
    out = np.array(points, dtype=np.float64)
    out[..., 0] = width - 1 - out[..., 0]
    return out
