"""Looking at a picture as a stranger would: where its face is, its pose, expression and identity.

Pictures are read at 256 pixels, so that those of all methods are read alike. The landmarks that a method was driven by
are never told: an output that lost its face is not found again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from models.detection.blazeface import FaceDetector
from models.detection.face_finder import CONFIRMED
from models.face.landmarks import INNER_LIPS
from models.landmarks.face_landmarker import NAMES, FaceLandmarker
from models.landmarks.face_mesh import FaceMesh, region, region_of
from models.landmarks.head_pose import angles, procrustes
from models.landmarks.iris import Iris
from models.recognition.face_recognition import FaceRecognition
from models.runtime.image import bounds, similarity
from models.weights.registry import WeightsMissing
from pipeline.evaluation.metrics.mesh_expression import mesh_expression

SIDE, IDENTITY_SIDE = 256, 192
_LIKELY = 0.5
_MESH_SIDE = 192
_LOOKS = 4
"""Each where the last saw the face: on true frames at 64 pixels landmarks lie .75 % off, after one look 1.27 %."""
_MOUTH = (NAMES.index("jawOpen"),)
_BLINK = (NAMES.index("eyeBlinkLeft"), NAMES.index("eyeBlinkRight"))
_SMILE = (NAMES.index("mouthSmileLeft"), NAMES.index("mouthSmileRight"))


@dataclass(frozen=True)
class Reading:
    """Of one face: landmarks [468, 3] in crop units, pose [3] (pitch, yaw, roll) in degrees, expression [3].

    expression: mouth opening, blink, smile, by whatever the reader reads them with. openings [2]: how far the inner
    lips are apart over the face's height, by the mesh, and the lids over the eye's width, by the iris network. found:
    False where there is no face; then all numbers are NaN.
    """

    landmarks: np.ndarray
    pose: np.ndarray
    expression: np.ndarray
    found: bool = True
    openings: np.ndarray = field(default_factory=lambda: np.full(2, np.nan))


NO_FACE = Reading(np.full((468, 3), np.nan), np.full(3, np.nan), np.full(3, np.nan), found=False)


class FaceReading:
    """The networks, set up once. `expressions` says in words what mouth, blink and smile are read with."""

    def __init__(self) -> None:
        self._detector, self._mesh, self._recognition = FaceDetector(), FaceMesh(), FaceRecognition()
        self._landmarker, self._iris = _landmarker(), Iris()
        self.expressions = "the mesh" if self._landmarker is None else "MediaPipe's blendshapes"

    def found(self, picture: np.ndarray) -> Reading:
        """What a picture, uint8 RGB [S, S, 3], shows to one who knows nothing about it."""
        image = enlarged(picture, SIDE)
        for matrix in self._candidates(image):
            for _ in range(_LOOKS):
                points, presence = self._mesh.both(image, matrix)
                matrix = region_of(points)
            if presence >= CONFIRMED:
                return self._reading(image, points)
        return NO_FACE

    def known(self, picture: np.ndarray, landmarks: np.ndarray) -> Reading:
        """What a true frame shows, whose landmarks [468, 3] in crop units are known."""
        return self._reading(enlarged(picture, SIDE), to_pixels(landmarks, SIDE))

    def identity(self, picture: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """dlib's vector [128], given the face's landmarks [468, 3] in crop units."""
        return self._recognition(enlarged(picture, IDENTITY_SIDE), to_pixels(landmarks, IDENTITY_SIDE))

    def _candidates(self, image: np.ndarray) -> list[np.ndarray]:
        """Where to look for the face: the detector's best, then the whole picture."""
        seen = self._detector(image, _LIKELY)
        boxes = [region(seen.boxes[0].reshape(2, 2), seen.keypoints[0, :2])] if len(seen) else []
        return [*boxes, similarity(np.full(2, (SIDE - 1) / 2), SIDE, 0.0, _MESH_SIDE)]

    def _reading(self, image: np.ndarray, points: np.ndarray) -> Reading:
        rotation, _, _ = procrustes(points[None])
        expression, openings = self._expression(image, points), self._openings(image, points)
        return Reading(to_units(points, SIDE), angles(rotation)[0], expression, openings=openings)

    def apart(self, picture: np.ndarray, reading: Reading) -> float | None:
        """How far another network's landmarks lie from the mesh's, in % of the face: networks agree on a face and not
        on what is smeared. None without the other network, or a face."""
        if self._landmarker is None or not reading.found:
            return None
        points = to_pixels(reading.landmarks, SIDE)
        other = self._landmarker.landmarks(enlarged(picture, SIDE), points)[0][: len(points)]
        low, high = bounds(points)
        return float(100 * np.linalg.norm(other[:, :2] - points[:, :2], axis=1).mean() / (high - low).max())

    def _openings(self, image: np.ndarray, points: np.ndarray) -> np.ndarray:
        low, high = bounds(points)
        upper, lower = (points[index, :2] for index in INNER_LIPS)
        return np.array([np.linalg.norm(upper - lower) / (high - low)[1], self._iris.looks(image, points)[:, 0].mean()])

    def _expression(self, image: np.ndarray, points: np.ndarray) -> np.ndarray:
        if self._landmarker is None:
            return mesh_expression(points[None])[0]
        scores = self._landmarker.scores(self._landmarker.landmarks(image, points)[0])
        return np.array([scores[list(which)].mean() for which in (_MOUTH, _BLINK, _SMILE)])


def enlarged(picture: np.ndarray, side: int) -> np.ndarray:
    """A picture at `side` pixels, by cubic interpolation; a larger one is averaged down."""
    how = cv2.INTER_AREA if len(picture) > side else cv2.INTER_CUBIC
    return picture if len(picture) == side else cv2.resize(picture, (side, side), interpolation=how)


def to_pixels(landmarks: np.ndarray, side: int) -> np.ndarray:
    """Landmarks [..., 3] in crop units as pixels of a picture of `side`."""
    return (landmarks.astype(np.float64) + [1, 1, 0]) * side / 2 - [0.5, 0.5, 0]


def to_units(points: np.ndarray, side: int) -> np.ndarray:
    """The inverse of `to_pixels`."""
    return (points + [0.5, 0.5, 0]) * 2 / side - [1, 1, 0]


def _landmarker() -> FaceLandmarker | None:
    try:
        return FaceLandmarker()
    except WeightsMissing:
        return None
