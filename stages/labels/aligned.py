"""A face put upright by its landmarks, for networks that look at the face alone."""

from __future__ import annotations

import numpy as np

from models.runtime.image import bounds, cut, similarity
from stages.clip import Track


def face_square(track: Track, index: int, scale: float, size: int, lift: float = 0.0) -> np.ndarray:
    """The face of frame `index`, uint8 RGB [size, size, 3], its eyes level, cut from the crop.

    scale: side of the square over the face's height. lift: how far the square's middle is above the face's, over its
    height.
    """
    points = track.crop_landmarks(index)[:, :2]
    low, high = bounds(points)
    dx, dy = points[263] - points[33]
    height = high[1] - low[1]
    middle = (low + high) / 2 - [0, lift * height]
    matrix = similarity(middle, height * scale, float(np.arctan2(dy, dx)), size)
    return cut(track.crops[index], matrix, size)
