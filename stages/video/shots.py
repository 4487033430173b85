"""Scene changes: where the picture is cut from one shot to the next."""

from __future__ import annotations

import cv2
import numpy as np

_SIDE = 64


class CutFinder:
    """Compares each frame with the one before: a cut changes both its colours, cell by cell, and its brightness.

    A frame starts a new shot when its grey 64 x 64 picture differs by more than `grey` (mean, 0 to 255) and the HSV
    histograms of its 2 x 2 cells (8 x 4 x 4 bins) by more than `colour` (half the sum of absolute differences, 0 to 1).
    """

    def __init__(self, colour: float, grey: float) -> None:
        self._colour, self._grey = colour, grey
        self._before: tuple[np.ndarray, np.ndarray] | None = None

    def starts_shot(self, image: np.ndarray) -> bool:
        """Whether uint8 RGB [H, W, 3] begins a new shot; the first frame does not."""
        now = reduced(image)
        before, self._before = self._before, now
        # few frames differ in brightness: the histograms are made of those alone
        if before is None or grey_difference(before[1], now[1]) <= self._grey:
            return False
        return colour_difference(before[0], now[0]) > self._colour


def reduced(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(RGB uint8 [64, 64, 3], grey uint8 [64, 64]) of one frame: what the comparison looks at."""
    picked = cv2.resize(image, (2 * _SIDE, 2 * _SIDE), interpolation=cv2.INTER_NEAREST)
    small = cv2.resize(picked, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return small, cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)


def grey_difference(a: np.ndarray, b: np.ndarray) -> float:
    """Mean absolute difference of two grey pictures."""
    return float(cv2.norm(a, b, cv2.NORM_L1)) / a.size


def colour_difference(a: np.ndarray, b: np.ndarray) -> float:
    """Half the sum of absolute differences of the histograms of two RGB pictures, 0 to 1."""
    return float(np.abs(histograms(a) - histograms(b)).sum() / 2)


def histograms(small: np.ndarray) -> np.ndarray:
    """HSV histograms [4, 128] of the 2 x 2 cells of an RGB picture [64, 64, 3]; they sum to 1 over the picture."""
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
    half = _SIDE // 2
    cells = [hsv[y : y + half, x : x + half] for y in (0, half) for x in (0, half)]
    bins = [
        cv2.calcHist([np.ascontiguousarray(c)], [0, 1, 2], None, [8, 4, 4], [0, 180, 0, 256, 0, 256]).ravel()
        for c in cells
    ]
    return np.stack(bins) / (_SIDE * _SIDE)
