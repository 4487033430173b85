"""MediaPipe's face mesh: 468 landmarks in 3D from a 192x192 patch or from its mirror image.

The network has an asymmetry of its own; the mean of both views is free of it, which is worth about +.02 in the
correlation of head pose with the reference (docs/labels.md). Source: Kartynnik et al., arXiv 1907.06724.
"""

from __future__ import annotations

import cv2
import numpy as np

from models.landmarks.canonical_face import mirror_index
from models.runtime.image import bounds, cut, similarity, to_frame
from models.runtime.litert import LiteRT
from models.weights.registry import weights

SIZE = 192
RIGHT_EYE, LEFT_EYE = 33, 263  # outer corners: on the image's left and right
_SCALE = 1.5


class FaceMesh:
    """Landmarks [468, 3] in frame pixels (z in the same unit, smaller is nearer), and whether there is a face."""

    def __init__(self) -> None:
        self._net = LiteRT(weights("face_mesh").path(), ("conv2d_20", "conv2d_30"))
        self._mirror = mirror_index()

    def one(self, image: np.ndarray, matrix: np.ndarray, mirrored: bool) -> tuple[np.ndarray, float]:
        """Landmarks from the patch under `matrix` (see `region`), or from its mirror image, turned back.

        Presence is a logit: above 0 a face, and saturated: it sees that the face is gone, not that the region drifts.
        """
        points, presence = self._run(cut(image, matrix, SIZE), mirrored)
        return to_frame(points, matrix), presence

    def both(self, image: np.ndarray, matrix: np.ndarray) -> tuple[np.ndarray, float]:
        """The mean of the two views, and the lower presence."""
        patch = cut(image, matrix, SIZE)
        points, presence = self._run(patch, mirrored=False)
        turned, presence_turned = self._run(patch, mirrored=True)
        return to_frame((points + turned) / 2, matrix), min(presence, presence_turned)

    def _run(self, patch: np.ndarray, mirrored: bool) -> tuple[np.ndarray, float]:
        if mirrored:
            patch = cv2.flip(patch, 1)
        points, presence = self._net(patch, 1 / 255)
        out = points.reshape(468, 3).astype(np.float64)
        if mirrored:
            out = out[self._mirror]
            out[:, 0] = SIZE - 1 - out[:, 0]
        return out, float(presence.item())


def region(points: np.ndarray, eyes: np.ndarray) -> np.ndarray:
    """The matrix of the next patch: 1.5 times the box of `points` [N, 2], turned so that `eyes` [2, 2] are level."""
    low, high = bounds(points)
    dx, dy = eyes[1] - eyes[0]
    return similarity((low + high) / 2, float((high - low).max()) * _SCALE, float(np.arctan2(dy, dx)), SIZE)


def region_of(landmarks: np.ndarray) -> np.ndarray:
    """`region` of the landmarks [468, 3] of the frame before."""
    return region(landmarks[:, :2], landmarks[[RIGHT_EYE, LEFT_EYE], :2])
