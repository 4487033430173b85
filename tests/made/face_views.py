"""Views of real faces, and of the same faces in another pose or with an open mouth, drawn by the mesh warp."""

from __future__ import annotations

import numpy as np

from models.landmarks.head_pose import angles, procrustes, rotation_of
from models.runtime.image import bounds, cut, similarity
from pipeline.evaluation.faces.mesh_warp import MeshWarp
from pipeline.evaluation.faces.observer import to_units
from pipeline.faces.face_crop import FaceCrop


def view_of(image: np.ndarray, points: np.ndarray, side: int) -> FaceCrop:
    """A frame's stable crop at `side` pixels; points [468, 3] in its pixels."""
    low, high = bounds(points)
    matrix = similarity((low + high) / 2, 1.9 * float((high - low)[1]), 0.0, side)
    landmarks = points.copy()
    landmarks[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    landmarks[:, 2] *= np.hypot(*matrix[0, :2])
    return FaceCrop(cut(image, matrix, side), to_units(landmarks, side).astype(np.float32))


def turned(view: FaceCrop, degrees: np.ndarray) -> list[np.ndarray]:
    """Landmarks of the view with its head turned by (pitch, yaw, roll) [N, 3] in degrees from where it is."""
    rotation, _, middle = procrustes(view.landmarks[None].astype(np.float64))
    level = (view.landmarks - middle[0]) @ rotation[0]
    return [level @ turn.T + middle[0] for turn in rotation_of(angles(rotation) + degrees)]


def moving(view: FaceCrop, degrees: np.ndarray) -> list[FaceCrop]:
    """The view in these poses."""
    warp = MeshWarp(view)
    return [FaceCrop(warp(points), points.astype(np.float32)) for points in turned(view, degrees)]
