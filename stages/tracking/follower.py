"""Following one face from frame to frame with the face mesh, checked against the detector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.detection.blazeface import Detections
from models.detection.face_finder import FaceFinder
from models.landmarks.face_mesh import region, region_of
from models.runtime.image import bounds


@dataclass(frozen=True)
class Sight:
    """What one frame showed: landmarks [468, 3] in frame pixels or None, and the detections if the detector ran.

    moved: the detector found the face somewhere else than the mesh followed it; everything since the last good check
    is doubtful.
    """

    landmarks: np.ndarray | None
    detections: Detections | None
    moved: bool = False


class Follower:
    """The mesh follows; the detector starts it, counts faces and corrects drift, which the mesh does not see itself.

    The mesh runs on the patch and on its mirror image in turn, one of them a frame, and the smoothing over time
    (`stages.tracking.track`) averages the two; on turned heads, where the two differ most, both run in every frame.
    """

    def __init__(self, finder: FaceFinder, sure: float, doubtful: float, presence: float, both_above: float) -> None:
        self._finder, self._mesh = finder, finder.mesh
        self._sure, self._doubtful, self._presence, self._both_above = sure, doubtful, presence, both_above
        self._last: np.ndarray | None = None
        self._matrix: np.ndarray | None = None
        self._turn = False
        self._both = True

    def step(self, image: np.ndarray, check: bool) -> Sight:
        """Look at the next frame, uint8 RGB [H, W, 3]; `check` asks the detector too."""
        # a face that fills the frame needs the detector's short range, one that the full range sees does not
        found = self._finder(image, self._sure, self._doubtful, self._sees_it) if check else None
        moved = False
        if self._matrix is not None and found is not None and len(found) and self._last is not None:
            moved = not _near(found, self._last)
        if self._matrix is None or moved:
            if found is None:
                return Sight(None, None)
            if not self._start(image, found):
                return Sight(None, found, moved)
        landmarks = self._see(image)
        if landmarks is None:
            self._last = self._matrix = None
            return Sight(None, found, moved)
        before = landmarks if self._last is None else self._last
        self._last, self._matrix = landmarks, region_of((landmarks + before) / 2)
        return Sight(landmarks, found, moved)

    def _sees_it(self, found: Detections) -> bool:
        """Whether the followed face is surely among those `found`."""
        sure = found.take(found.scores >= self._sure)
        return self._last is not None and self._matrix is not None and _near(sure, self._last)

    @property
    def lost(self) -> bool:
        """Whether no face is being followed."""
        return self._matrix is None

    def _start(self, image: np.ndarray, found: Detections) -> bool:
        """Begin with the widest detection: one look from its box, so that the next one starts from landmarks."""
        self._last = self._matrix = None
        if not len(found):
            return False
        best = int(np.argmax(found.widths))
        first = region(found.boxes[best].reshape(2, 2), found.keypoints[best, :2])
        landmarks, presence = self._mesh.both(image, first)
        if presence < self._presence:
            return False
        self._last, self._matrix, self._both = landmarks, region_of(landmarks), True
        return True

    def _see(self, image: np.ndarray) -> np.ndarray | None:
        assert self._matrix is not None
        self._turn = not self._turn
        if self._both:
            landmarks, presence = self._mesh.both(image, self._matrix)
        else:
            landmarks, presence = self._mesh.one(image, self._matrix, self._turn)
        if presence < self._presence:
            return None
        self._both = turn(landmarks) > self._both_above
        return landmarks


def turn(landmarks: np.ndarray) -> float:
    """About how far a face [468, 3] is turned to the side, in degrees without sign: the slope in depth across it.

    The mean over the outer eye corners, the corners of the mouth and the cheeks; good enough to choose by, and twenty
    times cheaper than the pose.
    """
    across = landmarks[[263, 291, 454]] - landmarks[[33, 61, 234]]
    return float(np.degrees(np.abs(np.arctan2(across[:, 2], np.hypot(across[:, 0], across[:, 1]))).mean()))


def _near(found: Detections, landmarks: np.ndarray) -> bool:
    """Whether some detection lies where the landmarks are: centres within half a face, sizes within a factor of 2.5."""
    low, high = bounds(landmarks)
    side = float((high - low).max())
    middle = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    close = np.linalg.norm(middle - (low + high) / 2, axis=1) < side / 2
    alike = (found.widths > side / 2.5) & (found.widths < side * 2.5)
    return bool((close & alike).any())
