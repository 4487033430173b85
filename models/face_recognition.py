"""dlib's face recognition network: 128 numbers a face; below about 0.6 (Euclidean) two faces are one person.

Source: dlib.net/face_recognition (Davis King), weights CC0. The chip is cut by dlib from five points; they are taken
from the face mesh (eye corners and the base of the nose), so dlib's own detector and predictor are not needed.
"""

from __future__ import annotations

import dlib
import numpy as np

from models.weights import weights

SAME_PERSON = 0.6
# dlib's order: the eye on the image's right (outer, inner), the eye on the left (outer, inner), base of the nose
_FIVE = (263, 362, 33, 133, 2)


class FaceRecognition:
    """Identity vectors [128] float32."""

    def __init__(self) -> None:
        self._net = dlib.face_recognition_model_v1(str(weights("dlib_face_recognition").path()))

    def __call__(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """From uint8 RGB [H, W, 3] and landmarks [468, >=2] in its pixels."""
        points = np.round(landmarks[list(_FIVE), :2]).astype(int)
        low, high = points.min(0), points.max(0)
        box = dlib.rectangle(int(low[0]), int(low[1]), int(high[0]), int(high[1]))
        shape = dlib.full_object_detection(box, [dlib.point(int(x), int(y)) for x, y in points])
        chip = dlib.get_face_chip(np.ascontiguousarray(image), shape, size=150, padding=0.25)
        return np.array(self._net.compute_face_descriptor(chip), dtype=np.float32)
