"""How a mouth is held, from the 468 landmarks, in cm of a face of the canonical size."""

from __future__ import annotations

import numpy as np

from models.landmarks.head_pose import procrustes

MOUTH = ("opening", "width", "jaw")
_INNER_LIPS, _INNER_CORNERS, _JAW = ((13, 14), (82, 87), (312, 317)), (78, 308), (168, 152)


def mouth(landmarks: np.ndarray) -> np.ndarray:
    """MOUTH [T, 3] in cm of landmarks [T, 468, 3] in any unit: the gap between the inner lips, the distance of their
    corners, and that of the chin from the bridge of the nose, at the canonical face's size."""
    scale = procrustes(landmarks)[1]

    def apart(a: int, b: int) -> np.ndarray:
        return np.linalg.norm(landmarks[:, a] - landmarks[:, b], axis=-1) / scale

    return np.stack([np.mean([apart(*pair) for pair in _INNER_LIPS], 0), apart(*_INNER_CORNERS), apart(*_JAW)], 1)
