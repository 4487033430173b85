"""Scene changes: where the picture is cut from one shot to the next."""

from __future__ import annotations

import cv2
import numpy as np

_SIDE = 64


class CutFinder:
    """Compares each frame with the one before: a cut changes both its colours, cell by cell, and its brightness.

    A frame starts a new shot when the HSV histograms of its 2 x 2 cells (8 x 4 x 4 bins) differ by more than `colour`
    (half the sum of absolute differences, 0 to 1) and its grey 64 x 64 picture by more than `grey` (mean, 0 to 255).
    """

    def __init__(self, colour: float, grey: float) -> None:
        self._colour, self._grey = colour, grey
        self._before: tuple[np.ndarray, np.ndarray] | None = None

    def starts_shot(self, image: np.ndarray) -> bool:
        """Whether uint8 RGB [H, W, 3] begins a new shot; the first frame does not."""
        now = signature(image)
        before, self._before = self._before, now
        if before is None:
            return False
        colour, grey = difference(before, now)
        return colour > self._colour and grey > self._grey


def signature(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(histograms [4, 128] that sum to 1 over the picture, grey [64, 64]) of one frame."""
    picked = cv2.resize(image, (2 * _SIDE, 2 * _SIDE), interpolation=cv2.INTER_NEAREST)
    small = cv2.resize(picked, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
    half = _SIDE // 2
    cells = [hsv[y : y + half, x : x + half] for y in (0, half) for x in (0, half)]
    bins = [
        cv2.calcHist([np.ascontiguousarray(c)], [0, 1, 2], None, [8, 4, 4], [0, 180, 0, 256, 0, 256]).ravel()
        for c in cells
    ]
    return np.stack(bins) / (_SIDE * _SIDE), cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)


def difference(a: tuple[np.ndarray, np.ndarray], b: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    """(colour, grey) difference of two signatures."""
    return float(np.abs(a[0] - b[0]).sum() / 2), float(np.abs(a[1] - b[1]).mean())
