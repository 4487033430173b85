"""Heads turned far from how the source holds its own, of which no true picture exists.

What is looked for is a smeared half: a warp has nothing to show of the side that a portrait hides, and stretches what
it has. A face is found in it all the same, and its pose is as asked. But two networks that agree on where landmarks of
a face are do not agree there, it looks like somebody else, and one half of it is less sharp than the portrait was.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from models.landmarks.canonical_face import canonical_face
from pipeline.evaluation.faces.observer import FaceReading, Reading, to_pixels
from pipeline.evaluation.metrics import within_clips
from pipeline.faces.face_crop import FaceCrop

TURN, FARTHEST = 30.0, 45.0
"""Degrees of yaw by which heads are turned to either side, and beyond which they are not."""


def asked(source: Reading) -> np.ndarray:
    """The poses (pitch, yaw, roll) [N, 3] in degrees to which a source's head is turned."""
    turns = np.repeat(source.pose[None], 2, 0)
    turns[:, 1] += (-TURN, TURN)
    return turns[np.abs(turns[:, 1]) <= FARTHEST]


def turned_scores(
    source: FaceCrop, own: Reading, pictures: Sequence[np.ndarray], poses: np.ndarray, reading: FaceReading
) -> list[dict[str, float | None]]:
    """Of each picture [S, S, 3] of a source, uint8 RGB, that should show it in a pose [3]; `own` is what it shows."""
    who = reading.identity(source.picture, source.landmarks)
    sharp = _halves(source.picture, own)
    found = []
    for picture, pose in zip(pictures, poses, strict=True):
        seen = reading.found(picture)
        scores: dict[str, float | None] = {"turned_found": 100.0 * seen.found}
        if seen.found:
            half = min(ours / theirs for ours, theirs in zip(_halves(picture, seen), sharp, strict=True) if theirs > 0)
            scores |= {
                "turned_identity": float(np.linalg.norm(reading.identity(picture, seen.landmarks) - who)),
                "turned_apart": reading.apart(picture, seen),
                "turned_half": half,
                "turned_yaw": float((seen.pose[1] - own.pose[1]) / (pose[1] - own.pose[1])),
            }
        found.append(scores)
    return found


def means(scores: Sequence[dict[str, float | None]]) -> dict[str, float | None]:
    """The means by name, of the pictures that have a value."""
    names = dict.fromkeys(name for each in scores for name in each)
    return {name: within_clips.average(np.array([each.get(name) for each in scores], np.float64)) for name in names}


def _halves(picture: np.ndarray, seen: Reading) -> list[float]:
    """The deviation of the Laplacian in the face's half on the image's left when it looks ahead, and on its right."""
    points = to_pixels(seen.landmarks, len(picture))[:, :2].astype(np.float32)
    laplacian = cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.CV_64F)
    across = canonical_face()[:, 0]
    found = []
    for side in (across <= 0, across >= 0):
        inside = np.zeros(picture.shape[:2], np.uint8)
        cv2.fillConvexPoly(inside, cv2.convexHull(points[side]).astype(np.int32), 1)
        values = laplacian[inside > 0]
        found.append(float(values.std()) if len(values) else 0.0)
    return found
