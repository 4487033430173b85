"""The piecewise warp of a picture by its face mesh: each triangle of landmarks moves as its corners do."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from scipy.spatial import Delaunay

from models.landmarks.head_pose import procrustes, rotation_of
from pipeline.evaluation.faces.method import Moved
from pipeline.evaluation.faces.observer import to_pixels
from pipeline.faces.face_crop import FaceCrop

_EDGE = (-1.0, -0.5, 0.0, 0.5, 1.0)
_BORDER = np.array([(x, y) for x in _EDGE for y in _EDGE if 1.0 in (abs(x), abs(y))])
_FAR = 10.0
_FINE = 4
"""Triangles are drawn at so many times the picture's size: an outline is a pixel wide, triangles often are no more."""


class MeshWarp:
    """A source view, triangulated once: its landmarks and points of the crop's border, which stay where they are."""

    def __init__(self, source: FaceCrop) -> None:
        self._picture = source.picture
        self._side = len(source.picture)
        corners = np.concatenate([source.landmarks[:, :2], _BORDER])
        self._triangles = Delaunay(corners).simplices
        self._from = _pixels(corners, self._side)[self._triangles]

    def __call__(self, landmarks: np.ndarray) -> np.ndarray:
        """The picture with the source's landmarks at these, [468, 3] in crop units; where it folds, near covers far."""
        side = self._side
        corners = _pixels(np.concatenate([landmarks[:, :2], _BORDER]), side)[self._triangles]
        depth = np.concatenate([landmarks[:, 2], np.full(len(_BORDER), _FAR)])[self._triangles].mean(1)
        matrices, flat = _affine(corners, self._from)
        order = np.argsort(-depth, kind="stable")
        matrix = matrices[self._owners(corners, order[~flat[order]])]
        y, x = np.mgrid[:side, :side].astype(np.float64)
        there = np.einsum("yxij,yxj->iyx", matrix, np.stack([x, y, np.ones_like(x)], -1)).astype(np.float32)
        return cv2.remap(self._picture, there[0], there[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def _owners(self, corners: np.ndarray, order: np.ndarray) -> np.ndarray:
        """The triangle [S, S] that each pixel's middle lies in, drawn in this order."""
        drawn = np.zeros((self._side * _FINE,) * 2, np.int32)
        fixed = np.round(((corners + 0.5) * _FINE - 0.5) * 256).astype(np.int32)
        for triangle in order.tolist():
            cv2.fillConvexPoly(drawn, fixed[triangle], triangle, cv2.LINE_8, 8)
        return drawn[_FINE // 2 :: _FINE, _FINE // 2 :: _FINE]


def displaced(source: np.ndarray, drivers: Sequence[np.ndarray], moved: Moved) -> np.ndarray:
    """Landmarks [T, 468, 3] of a source [468, 3] that moves as drivers, T times [468, 3], who may be somebody else.

    In the canonical face's frame the source keeps its own shape, to which comes what the driver's differs from the
    driver's median over these frames (moved: dynamics, both). Then the head takes the driver's rotation, size and
    place (pose, both) or keeps its own.
    """
    motion = np.stack(drivers).astype(np.float64)
    own, own_pose = _level(source[None].astype(np.float64))
    shapes, poses = _level(motion)
    shape = np.repeat(own, len(motion), 0)
    if moved != "pose":
        shape = shape + shapes - np.median(shapes, 0)
    rotation, scale, middle = own_pose if moved == "dynamics" else poses
    return scale[:, None, None] * np.einsum("tij,tnj->tni", rotation, shape) + middle[:, None]


def posed(source: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Landmarks [N, 468, 3] of a source [468, 3] whose head is turned to (pitch, yaw, roll) [N, 3] in degrees."""
    own, (_, scale, middle) = _level(source[None].astype(np.float64))
    return scale[:, None, None] * np.einsum("tij,nj->tni", rotation_of(degrees), own[0]) + middle[:, None]


def _level(landmarks: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Landmarks [T, 468, 3] in the frame of the canonical face, and the pose that they had."""
    rotation, scale, middle = procrustes(landmarks)
    level = np.einsum("tni,tij->tnj", landmarks - middle[:, None], rotation) / scale[:, None, None]
    return level, (rotation, scale, middle)


def _pixels(points: np.ndarray, side: int) -> np.ndarray:
    return to_pixels(np.column_stack([points, np.zeros(len(points))]), side)[:, :2]


def _affine(corners: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Matrices [M, 2, 3] from triangles [M, 3, 2] to others, and which triangles are flat [M] and so have none."""
    known = np.concatenate([corners, np.ones((*corners.shape[:2], 1))], -1)
    flat = np.abs(np.linalg.det(known)) < 1e-6
    known[flat] = np.eye(3)
    return np.linalg.solve(known, wanted).transpose(0, 2, 1), flat
