"""Stable crops at the size a face network wants."""

from __future__ import annotations

import cv2
import numpy as np

from stages.clip import Track


def crop_at(track: Track, index: int, size: int) -> np.ndarray:
    """The stable crop of frame `index` brought down to uint8 RGB [size, size, 3]; ValueError if it is smaller.

    It is halved while that leaves enough, then interpolated: within .4 of 255 of one average over areas, in a fifth of
    its time.
    """
    crop = track.crops[index]
    if len(crop) < size:
        raise ValueError(f"a crop of {len(crop)} pixels has no {size}: set track.size={size}")
    while len(crop) >= 2 * size:
        crop = cv2.resize(crop, (len(crop) // 2,) * 2, interpolation=cv2.INTER_AREA)
    return crop if len(crop) == size else cv2.resize(crop, (size, size), interpolation=cv2.INTER_LINEAR)
