"""Whether motion is in step with its sound, by a sync network: the paper's S_C and S_D ask the same of pixels."""

from __future__ import annotations

import numpy as np

from models.sync.face_features import face_features
from models.sync.network import SyncNetwork, cosines
from models.sync.offset import MOST, offset_of

WINDOW = 50
"""Frames of a window, 25 a second; they share half."""
_NEAR = 1


def in_step(network: SyncNetwork, sound: np.ndarray, dynamics: np.ndarray) -> list[bool]:
    """Of each window of two seconds, whether the network finds it within one frame of its own sound.

    sound [T, A]: of the frames' own time. dynamics [T, Z]: z_dyn; landmarks are not shown.
    """
    every = cosines(network, sound, face_features(dynamics, None), MOST)
    windows = [every[first : first + WINDOW] for first in range(0, len(every) - WINDOW + 1, WINDOW // 2)]
    found = [offset_of(window) for window in windows]
    return [abs(offset.frames) <= _NEAR for offset in found if offset is not None]


def likeness(network: SyncNetwork, sound: np.ndarray, dynamics: np.ndarray) -> float:
    """The mean cosine of a face's and its own sound's vectors, from -1 to 1."""
    return float(np.nanmean(cosines(network, sound, face_features(dynamics, None), 0)))
