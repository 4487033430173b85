"""The followed face from frame to frame, checked against the detector at a steady pace."""

from __future__ import annotations

import numpy as np

from models.detection.blazeface import Detections
from models.runtime.image import bounds
from stages.tracking.follower import Follower
from stages.video.reader import Frame


class FacePath:
    """Landmarks and boxes of every frame so far, None where the face is not seen.

    landmarks: [468, 3] in frame pixels. boxes: (x, y, height) of the face in pixels, [3]. every: frames between two
    checks of the detector.
    """

    def __init__(self, follower: Follower, every: int) -> None:
        self._follower, self._every = follower, every
        self.landmarks: list[np.ndarray | None] = []
        self.boxes: list[np.ndarray | None] = []
        self._checked = -1

    def push(self, frame: Frame) -> Detections | None:
        """Follow the face into the next frame; what the detector found, where it was this frame's turn."""
        index = len(self.landmarks)
        if frame.repeated and index and self.landmarks[-1] is not None:
            self._add(self.landmarks[-1], self.boxes[-1])
            return None
        due = index % self._every == 0
        sight = self._follower.step(frame.image, due or self._just_lost())
        if sight.moved:
            unsure = index - self._checked - 1
            self.landmarks[self._checked + 1 :] = [None] * unsure
            self.boxes[self._checked + 1 :] = [None] * unsure
        self._add(sight.landmarks, None if sight.landmarks is None else _centre_height(sight.landmarks))
        if not due or sight.detections is None:
            return None
        self._checked = index
        return sight.detections

    def skip(self) -> None:
        """The next frame is not looked at."""
        self._add(None, None)

    @property
    def present(self) -> np.ndarray:
        """Whether the face is seen, by frame, bool [T]."""
        return np.array([points is not None for points in self.landmarks])

    def filled(self) -> np.ndarray:
        """[T, 468, 3] with frames without a face interpolated in time between their neighbours."""
        known = np.flatnonzero(self.present)
        points = np.stack([p for p in self.landmarks if p is not None])
        if len(known) == len(self.landmarks):
            return points
        at = np.interp(np.arange(len(self.landmarks)), known, np.arange(len(known)))
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, len(known) - 1)
        part = (at - low)[:, None, None]
        return points[low] * (1 - part) + points[high] * part

    def _add(self, landmarks: np.ndarray | None, box: np.ndarray | None) -> None:
        self.landmarks.append(landmarks)
        self.boxes.append(box)

    def _just_lost(self) -> bool:
        """Right after a loss the detector looks in every frame for half a second, then at the usual pace."""
        recent = self.landmarks[max(0, len(self.landmarks) - self._every) :]
        return self._follower.lost and any(points is not None for points in recent)


def longest_gap(present: np.ndarray) -> int:
    """Frames of the longest run without the face."""
    longest = run = 0
    for seen in present:
        run = 0 if seen else run + 1
        longest = max(longest, run)
    return longest


def _centre_height(landmarks: np.ndarray) -> np.ndarray:
    """(x, y, height) of the face in pixels, [3]."""
    low, high = bounds(landmarks)
    return np.array([*(low + high) / 2, high[1] - low[1]])
