"""MediaPipe's iris network: iris centre, corners and lids of one eye from a 64x64 patch.

Source: Ablavatski et al., Real-time Pupil Tracking from Monocular Video (arXiv 2006.11341). The network knows the eye
on the image's right; the other one is shown mirrored, so a mirrored face gives exactly mirrored points.
"""

from __future__ import annotations

import cv2
import numpy as np

from models.runtime.image import cut, similarity, to_frame
from models.runtime.litert import LiteRT
from models.weights.registry import weights

SIZE = 64
SCALE = 2.3
"""Side of an eye's patch over the eye's width."""
# (inner, outer) landmark of each eye in the 468: the image's right eye is seen as it is, the left one mirrored
EYES = ((362, 263, False), (133, 33, True))


class Iris:
    """Per eye [2: image right, image left] the points [3: iris centre, inner corner, outer corner] in pixels."""

    def __init__(self) -> None:
        self._net = LiteRT(weights("iris").path(), ("output_eyes_contours_and_brows", "output_iris"))

    def __call__(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """[2, 3, 2] from uint8 RGB [H, W, 3] and landmarks [468, >=2] in the pixels of that image."""
        return np.stack([self._eye(image, landmarks[:, :2], *eye) for eye in EYES])

    def looks(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """How each eye looks, [2, 3]: opening between the lids, iris towards the image's right and down.

        All over the eye's width, the iris from the middle between the corners. The opening correlates at .84 within
        clips with the eyeBlink of MediaPipe's blendshapes (11 clips), the gap between the mesh's lids at .15.
        """
        found = []
        for inner, outer, mirrored in EYES:
            contour, iris, _ = self._seen(image, landmarks[:, :2], inner, outer, mirrored)
            corner, other = contour[0, :2], contour[8, :2]
            width = max(float(np.linalg.norm(other - corner)), 1e-6)
            opening = float(contour[1:8, 1].mean() - contour[9:16, 1].mean())
            across, down = iris[0, :2] - (corner + other) / 2
            found.append([opening / width, (-across if mirrored else across) / width, down / width])
        return np.array(found)

    def _eye(self, image: np.ndarray, landmarks: np.ndarray, inner: int, outer: int, mirrored: bool) -> np.ndarray:
        contour, iris, matrix = self._seen(image, landmarks, inner, outer, mirrored)
        points = np.stack([iris[0, :2], contour[0, :2], contour[8, :2]]).astype(np.float64)
        if mirrored:
            points[:, 0] = SIZE - 1 - points[:, 0]
        return to_frame(points, matrix)

    def _seen(
        self, image: np.ndarray, landmarks: np.ndarray, inner: int, outer: int, mirrored: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(contour [71, 3]: lower lid from corner to corner 0 to 8, upper lid 9 to 15; iris [5, 3]; matrix [2, 3]).

        Points are in the patch as the network saw it, mirrored or not; the matrix leads to the patch before that.
        """
        a, b = landmarks[inner], landmarks[outer]
        dx, dy = (a - b) if mirrored else (b - a)
        matrix = similarity((a + b) / 2, float(np.hypot(dx, dy)) * SCALE, float(np.arctan2(dy, dx)), SIZE)
        patch = cut(image, matrix, SIZE)
        if mirrored:
            patch = cv2.flip(patch, 1)
        contour, iris = self._net(patch, 1 / 255)
        return contour.reshape(71, 3), iris.reshape(5, 3), matrix
