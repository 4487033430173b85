"""Head pose from 468 landmarks: weighted Procrustes of the mesh onto the canonical face.

Angles in degrees in the camera frame (x right, y down, z away): pitch > 0 looks up, yaw > 0 turns towards the image's
left, roll > 0 tilts clockwise in the image; the senses of pitch and yaw are those of gaze phi and theta.
"""

from __future__ import annotations

import numpy as np

from models.landmarks.canonical_face import canonical_face, procrustes_weights


def procrustes(landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rotation [T, 3, 3], scale [T] in pixels per cm and translation [T, 3] in pixels, of landmarks [T, 468, 3].

    landmarks ~ scale * rotation @ canonical + translation, weighted least squares (Umeyama 1991) over MediaPipe's 33
    points. Translation is where the canonical origin, the middle of the head, lies.
    """
    weight = procrustes_weights()
    used = weight > 0
    w = weight[used] / weight[used].sum()
    model = canonical_face()[used]
    points = np.asarray(landmarks, np.float64)[:, used]
    middle = np.einsum("n,tni->ti", w, points)
    model_middle = w @ model
    x, y = model - model_middle, points - middle[:, None]
    u, s, vt = np.linalg.svd(np.einsum("n,ni,tnj->tij", w, x, y))
    sign = np.where(np.linalg.det(u) * np.linalg.det(vt) < 0, -1.0, 1.0)
    vt[:, 2] *= sign[:, None]
    s[:, 2] *= sign
    rotation = np.einsum("tki,tjk->tij", vt, u)
    scale = s.sum(1) / (w @ (x**2).sum(1))
    return rotation, scale, middle - scale[:, None] * np.einsum("tij,j->ti", rotation, model_middle)


def angles(rotation: np.ndarray) -> np.ndarray:
    """(pitch, yaw, roll) [T, 3] in degrees of rotations [T, 3, 3]."""
    forward = -rotation[:, :, 2]
    yaw = np.arctan2(-forward[:, 0], -forward[:, 2])
    pitch = np.arcsin(np.clip(-forward[:, 1], -1, 1))
    level = np.stack([np.cos(yaw), np.zeros_like(yaw), -np.sin(yaw)], -1)
    down = np.cross(rotation[:, :, 2], level)
    across = rotation[:, :, 0]
    roll = np.arctan2((across * down).sum(-1), (across * level).sum(-1))
    return np.degrees(np.stack([pitch, yaw, roll], -1))


def rotation_of(degrees: np.ndarray) -> np.ndarray:
    """Rotations [T, 3, 3] of (pitch, yaw, roll) [T, 3] in degrees: the inverse of `angles`."""
    pitch, yaw, roll = np.radians(np.asarray(degrees, np.float64)).T
    away = np.stack([np.cos(pitch) * np.sin(yaw), np.sin(pitch), np.cos(pitch) * np.cos(yaw)], -1)
    level = np.stack([np.cos(yaw), np.zeros_like(yaw), -np.sin(yaw)], -1)
    down = np.cross(away, level)
    across = np.cos(roll)[:, None] * level + np.sin(roll)[:, None] * down
    return np.stack([across, np.cross(away, across), away], -1)
