"""Native patches: the face of some frames as the file has it, not resampled, for what judges the picture itself."""

from __future__ import annotations

import numpy as np

from models.runtime.image import bounds
from stages.clip import Patch
from stages.observations import Inset


class NativePatches:
    """Takes a patch of every `gap`th frame that shows the face. inset: the inner picture that landmarks are of."""

    def __init__(self, gap: int, inset: Inset | None) -> None:
        self._gap, self._inset = gap, inset
        self._frames = 0
        self.taken: list[Patch] = []

    def push(self, image: np.ndarray, landmarks: np.ndarray | None) -> None:
        """Take the next frame, whole, whose blocks are the codec's; uint8 RGB [H, W, 3]."""
        if landmarks is not None and self._frames % self._gap == 0:
            inset = self._inset
            points = landmarks if inset is None else landmarks + [inset.left, inset.top, 0]
            self.taken.append(native_patch(self._frames, image, points))
        self._frames += 1


def native_patch(index: int, image: np.ndarray, landmarks: np.ndarray) -> Patch:
    """The face in native pixels, its corner on the 8-pixel grid of the codec's blocks."""
    low, high = bounds(landmarks)
    height, width = image.shape[:2]
    x0, y0 = (int(max(0, v) // 8 * 8) for v in low)
    x1, y1 = int(min(width, np.ceil(high[0]))), int(min(height, np.ceil(high[1])))
    part = image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    return Patch(index, part.copy(), (x0, y0), np.array([*low, *high]))
