"""Mouth opening, blink and smile from the 468 landmarks alone, where MediaPipe's blendshapes are not at hand.

Landmarks are first put into the canonical face's frame (models/landmarks/head_pose.py), in cm: the gap between the
inner lips, how closed the eyes are (lid distance over eye length, negated), and the width of the mouth. Within clips
they correlate with jawOpen, the mean eyeBlink and the mean mouthSmile as follows (17 real clips at 96 pixels, 1,955
frames, clip means removed): mouth .67, blink .22, smile .88. The mesh hardly sees a blink: believe the other two.
"""

from __future__ import annotations

import numpy as np

from models.landmarks.head_pose import procrustes

_LIPS = ((13, 14), (82, 87), (312, 317))
_CORNERS = (61, 291)
# lids (upper, lower) and corners of each eye
_EYES = (
    (((159, 145), (158, 153), (160, 144)), (33, 133)),
    (((386, 374), (385, 380), (387, 373)), (263, 362)),
)


def mesh_expression(landmarks: np.ndarray) -> np.ndarray:
    """(mouth opening, blink, smile) [T, 3] of landmarks [T, 468, 3] in any unit."""
    rotation, scale, middle = procrustes(landmarks)
    level = np.einsum("tni,tij->tnj", landmarks - middle[:, None], rotation) / scale[:, None, None]
    mouth = np.mean([_apart(level, *pair) for pair in _LIPS], 0)
    open_eyes = [
        np.mean([_apart(level[..., :2], *pair) for pair in lids], 0) / _apart(level[..., :2], *corners)
        for lids, corners in _EYES
    ]
    return np.stack([mouth, -np.mean(open_eyes, 0), _apart(level, *_CORNERS)], -1)


def _apart(points: np.ndarray, a: int, b: int) -> np.ndarray:
    return np.linalg.norm(points[:, a] - points[:, b], axis=-1)
