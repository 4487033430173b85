"""What the face model reads from landmarks: the head's pose, and the expression once pose is taken away.

Landmarks are MediaPipe's 468 in crop units (models/face). A crop is 1.9 faces high, so the canonical face of
models/landmarks/canonical_face.py, brought to a height of 2 / 1.9, is the size that a pose calls 1.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from models.landmarks.canonical_face import canonical_face, mirror_index
from models.landmarks.head_pose import angles, procrustes

if TYPE_CHECKING:
    import torch

Numbers = TypeVar("Numbers", np.ndarray, "torch.Tensor")

MARGIN = 1.9
"""Side of the stable crop over the face's height (stages/tracking/track.py)."""

MOUTH = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
INNER_MOUTH = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
LEFT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
RIGHT_EYE = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
"""Of the image's left and right, when a face looks into the camera."""
BROWS = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
NOSE = (1, 4, 5, 6, 45, 275, 98, 327, 2)
JAW = (152, 148, 176, 149, 150, 136, 172, 377, 400, 378, 379, 365, 397)
CHEEKS = (50, 280, 205, 425, 117, 346)

INNER_LIPS = (13, 14)
"""The middle of the inner upper and lower lip: how far a mouth is open."""
EXPRESSIVE = (*MOUTH, *INNER_MOUTH, *LEFT_EYE, *RIGHT_EYE, *BROWS, *NOSE, *JAW, *CHEEKS)
"""The landmarks that an expression is told by; every one's mirror image is among them."""
LANDMARK_FEATURES = 3 * len(EXPRESSIVE) + 6
"""Length of what landmarks tell an encoder of z_dyn (`landmark_features`)."""
_MOVES = 0.03
"""About how far landmarks move in speech, in crop units."""


@cache
def canonical_size() -> float:
    """Crop units a cm of the canonical face, for a head of size 1."""
    return float(2 / MARGIN / np.ptp(canonical_face()[:, 1]))


@cache
def resting() -> np.ndarray:
    """The canonical face's EXPRESSIVE landmarks [P, 3] in crop units: what expressions depart from."""
    points = canonical_face()[list(EXPRESSIVE)] * canonical_size()
    points.setflags(write=False)
    return points


def pose_and_expression(landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of landmarks [T, 468, 3]: poses [T, 6] (`models.face.rigid`) and expressions [T, P, 3].

    An expression is where the EXPRESSIVE landmarks are once the head is turned, moved and scaled to the canonical
    one's pose, less the canonical face's own; it still tells one face's shape from another's.
    """
    turn, scale, middle = procrustes(landmarks)
    size = scale / canonical_size()
    pose = np.column_stack([angles(turn), middle[:, :2], size]).astype(np.float32)
    frontal = (landmarks[:, list(EXPRESSIVE)] - middle[:, None]) @ turn / size[:, None, None]
    return pose, (frontal - resting()).astype(np.float32)


def landmark_features(pose: np.ndarray, expression: np.ndarray) -> np.ndarray:
    """What poses [T, 6] and expressions [T, P, 3] (`pose_and_expression`) tell an encoder of z_dyn.

    float32 [T, LANDMARK_FEATURES]; each number varies by about one. The head's turning is among them, because
    the mesh's expressions depend on it.
    """
    return np.concatenate([expression.reshape(len(pose), -1) / _MOVES, turns(pose)], 1).astype(np.float32)


def turns(pose: np.ndarray) -> np.ndarray:
    """What of poses [N, 6] an expression may depend on, [N, 6]."""
    return np.column_stack(turn_terms(*pose[:, :3].T))


def turn_terms(pitch: Numbers, yaw: Numbers, roll: Numbers) -> tuple[Numbers, ...]:
    """The columns of `turns`, of angles in degrees."""
    pitch, yaw, roll = pitch / 30, yaw / 30, roll / 30
    return pitch, yaw, roll, pitch**2, yaw**2, pitch * yaw


def mirrored(landmarks: np.ndarray) -> np.ndarray:
    """Landmarks [..., 468, 3] of the mirror image, each under the number it has there."""
    return landmarks[..., mirror_index(), :] * np.array([-1, 1, 1], landmarks.dtype)


def mirrored_eyes(eyes: np.ndarray) -> np.ndarray:
    """How eyes look [..., 2, 3] (`models.landmarks.iris.Iris.looks`) in the mirror image."""
    return eyes[..., ::-1, :] * np.array([1, -1, 1], eyes.dtype)
