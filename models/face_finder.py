"""Faces of one frame: BlazeFace finds them, the face mesh confirms the doubtful ones.

A detector threshold alone either misses small and turned faces (.75) or takes a dog for a person (.5). Doubtful
detections are shown to the mesh twice, from their box and from the landmarks of that first look; its presence then
tells them apart (docs/labels.md: dog 2.7, small and turned faces 9 and more).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.blazeface import Detections, FaceDetector
from models.face_mesh import FaceMesh, region, region_of

CONFIRMED = 5.0


class FaceFinder:
    """Detector and mesh, set up once."""

    def __init__(self) -> None:
        self.detector = FaceDetector()
        self.mesh = FaceMesh()

    def __call__(
        self, image: np.ndarray, sure: float, doubtful: float, enough: Callable[[Detections], bool] | None = None
    ) -> Detections:
        """Faces in uint8 RGB [H, W, 3]: scores of at least `sure`, or of at least `doubtful` and confirmed.

        enough: see `models.blazeface.FaceDetector`.
        """
        found = self.detector(image, min(sure, doubtful), enough)
        keep = [score >= sure or self._confirms(image, found, i) for i, score in enumerate(found.scores)]
        return found.take(np.flatnonzero(keep))

    def _confirms(self, image: np.ndarray, found: Detections, index: int) -> bool:
        landmarks, _ = self.mesh.both(image, region(found.boxes[index].reshape(2, 2), found.keypoints[index, :2]))
        _, presence = self.mesh.both(image, region_of(landmarks))
        return presence >= CONFIRMED
