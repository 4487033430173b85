"""Faces are counted while one of them is followed."""

from __future__ import annotations

import numpy as np

from models.detection.blazeface import Detections
from stages.observations import FaceCount


class FaceCounter:
    """Counts the faces of a clip that is followed. samples: how many frames of the whole clip are sampled."""

    def __init__(self, count: FaceCount, samples: float) -> None:
        self.count, self._samples = count, samples

    def push(self, found: Detections, box: np.ndarray | None) -> None:
        """Take the next sampled frame's faces; box: (x, y, height) of the followed face, [3], if it is seen."""
        main = None
        if box is not None and len(found):
            middle = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
            main = float(found.widths[np.argmin(np.linalg.norm(middle - box[:2], axis=1))])
        self.count = self.count.add(found.widths, main)

    @property
    def crowded(self) -> bool:
        """Whether the frames so far make it several faces, whatever the rest shows."""
        return sum(n > 1 for n in self.count.counts) > max(2.0, self.count.share * (self._samples + 1))
