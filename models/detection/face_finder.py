"""Faces of one frame: a detector finds them, the face mesh confirms the doubtful ones.

A detector threshold alone either misses small and turned faces (.75) or takes a dog for a person (.5). Doubtful
detections are shown to the mesh twice, from their box and from the landmarks of that first look; its presence then
tells them apart (docs/labels.md: dog 2.7, small and turned faces 9 and more).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from models.detection.blazeface import Detections
from models.detection.blazeface import FaceDetector as BlazeFace
from models.landmarks.face_mesh import FaceMesh, region, region_of
from models.runtime.batches import Model
from models.weights.registry import weights

CONFIRMED = 5.0

DETECTORS = {"blazeface": ("blazeface_full", "blazeface_short"), "scrfd": ("scrfd",)}
"""Names of the detectors, and of the weights of each."""

_MESH = ("face_mesh", "canonical_face")


class Detector(Protocol):
    """Faces in uint8 RGB [H, W, 3] with a score of at least `threshold`; keypoints begin with the eyes."""

    def __call__(
        self, image: np.ndarray, threshold: float, enough: Callable[[Detections], bool] | None = None
    ) -> Detections: ...


def finder_weights(detector: str) -> tuple[str, ...]:
    """Names of all weights that a FaceFinder with this detector loads. Raises ValueError for an unknown one."""
    if detector not in DETECTORS:
        raise ValueError(f"no face detector called {detector!r}; there are: {', '.join(DETECTORS)}")
    return (*DETECTORS[detector], *_MESH)


class FaceFinder:
    """Detector and mesh, set up once.

    detector: one of DETECTORS. network: where the network of `detector_network` runs; without it here.
    """

    def __init__(self, detector: str = "blazeface", network: Model | None = None) -> None:
        self.detector = _detector(detector, network)
        self.mesh = FaceMesh()

    def __call__(
        self, image: np.ndarray, sure: float, doubtful: float, enough: Callable[[Detections], bool] | None = None
    ) -> Detections:
        """Faces in uint8 RGB [H, W, 3]: scores of at least `sure`, or of at least `doubtful` and confirmed.

        enough: see `models.detection.blazeface.FaceDetector`.
        """
        found = self.detector(image, min(sure, doubtful), enough)
        keep = [score >= sure or self._confirms(image, found, i) for i, score in enumerate(found.scores)]
        return found.take(np.flatnonzero(keep))

    def _confirms(self, image: np.ndarray, found: Detections, index: int) -> bool:
        landmarks, _ = self.mesh.both(image, region(found.boxes[index].reshape(2, 2), found.keypoints[index, :2]))
        _, presence = self.mesh.both(image, region_of(landmarks))
        return presence >= CONFIRMED


def detector_network(detector: str) -> Model:
    """The network of a detector that can run apart from it: that of scrfd. It is shown frames made small."""
    if detector != "scrfd":
        raise ValueError(f"the face detector {detector!r} has no network that runs apart from it")
    # the package insightface is needed for this one alone
    from models.detection.scrfd import Scrfd

    return Scrfd(weights("scrfd").path())


def _detector(name: str, network: Model | None) -> Detector:
    finder_weights(name)
    if name == "blazeface":
        return BlazeFace()
    from models.detection.scrfd import FaceDetector, input_side

    return FaceDetector(network or detector_network(name), input_side(weights("scrfd").path()))
