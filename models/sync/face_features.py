"""What a synchronisation network is shown of a face: what speech moves, over the clip's own middle."""

from __future__ import annotations

import numpy as np

from models.face.landmarks import EXPRESSIVE, pose_and_expression, resting

DYNAMICS = 16
"""So many numbers of z_dyn are looked at, the first: directions in which faces of talking people move most."""
SHAPES = 5
"""How far the inner lips are open, the outer ones, how wide the mouth is, how low the chin, how far lips protrude."""
WIDTH = DYNAMICS + SHAPES + 2
_UPPER, _LOWER, _LEFT, _RIGHT = 13, 14, 61, 291
_OVER, _UNDER, _CHIN = 0, 17, 152
_USUAL = np.array([0.02, 0.03, 0.03, 0.03, 0.03], np.float32)
"""By about how much each varies in speech, in the head's own units."""


def mouth_shapes(landmarks: np.ndarray) -> np.ndarray:
    """Float32 [T, SHAPES] of the face mesh [T, 468, 3] in crop units; each varies by about one in speech."""
    _, expression = pose_and_expression(landmarks)
    at = dict(zip(EXPRESSIVE, (expression + resting()).transpose(1, 0, 2), strict=True))
    lips = (at[_OVER] + at[_UNDER]) / 2
    found = (
        np.linalg.norm(at[_LOWER] - at[_UPPER], axis=1),
        np.linalg.norm(at[_UNDER] - at[_OVER], axis=1),
        np.linalg.norm(at[_RIGHT] - at[_LEFT], axis=1),
        at[_CHIN][:, 1],
        lips[:, 2],
    )
    return (np.stack(found, 1) / _USUAL).astype(np.float32)


def face_features(dynamics: np.ndarray | None, shapes: np.ndarray | None) -> np.ndarray:
    """Float32 [T, WIDTH] of z_dyn [T, Z] of the project's own face model and of `mouth_shapes` [T, SHAPES].

    Of either that is not there numbers are 0, and the last two, 1 or 0, tell which are. ValueError: neither is.
    """
    given = [part for part in (dynamics, shapes) if part is not None]
    if not given:
        raise ValueError("a face that neither latents nor landmarks tell of cannot be held against sound")
    out = np.zeros((len(given[0]), WIDTH), np.float32)
    if dynamics is not None:
        seen = dynamics[:, :DYNAMICS]
        out[:, : seen.shape[1]] = seen - np.median(seen, 0)
    if shapes is not None:
        out[:, DYNAMICS : DYNAMICS + SHAPES] = shapes - np.median(shapes, 0)
    out[:, -2], out[:, -1] = dynamics is not None, shapes is not None
    return out
