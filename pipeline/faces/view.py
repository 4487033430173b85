"""One frame of a clip as the frame store has it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class FaceView:
    """picture: the stable crop, uint8 RGB [S, S, 3]. landmarks: float32 [468, 3] in crop units (models/face)."""

    picture: np.ndarray
    landmarks: np.ndarray
