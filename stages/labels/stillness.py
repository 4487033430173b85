"""How far a face's eyes and mouth have moved between two moments, whatever the camera, the codec or the light did.

Both pictures are brought onto each other first (a shift, a turn, a zoom, a shear; a gain and an offset of the grey
values), so a still photo that is panned over or zoomed into has not moved, and a head that only drifts sideways has
moved no more than its features have against each other. What differs then, over how steep the picture is, is a
distance: about how far its edges are from each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from models.landmarks.canonical_face import canonical_face
from models.runtime.image import bounds, cut, similarity
from stages.clip import Track

_SIDE = 48
_SCALE = 0.78
"""Side of the square that is compared over the face's height: brows to lower lip, no hair and no background."""
_PIXELS = _SIDE / _SCALE
"""Pixels of the square a face is high."""
_PARTS = {"eye on the left": (33, 133, 159, 145), "eye on the right": (263, 362, 386, 374), "mouth": (61, 291, 0, 17)}
_MARGINS = {"mouth": (0.029, 0.048)}
_MARGIN = (0.038, 0.038)
_FLAT = 3e-4
"""Steepness, over the variance of the picture, that counts even where a picture is flat."""
_STEPS = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 12, 1e-5)


@dataclass(frozen=True)
class Look:
    """A face at one moment: the mean of a few frames next to each other, grey float32 [48, 48], a little blurred.

    noise: how far two frames beside each other seem apart by noise alone, in percent of the face's height; None where
    there are too few frames to tell.
    """

    picture: np.ndarray
    noise: float | None


def look(track: Track, frames: Sequence[int]) -> Look:
    """The face in `frames` of a track, which are next to each other; at least one."""
    points = np.mean([track.crop_landmarks(index)[:, :2] for index in frames], axis=0)
    low, high = bounds(points)
    dx, dy = points[263] - points[33]
    matrix = similarity((low + high) / 2, float(high[1] - low[1]) * _SCALE, float(np.arctan2(dy, dx)), _SIDE)
    seen = [_grey(cut(track.crops[index], matrix, _SIDE)) for index in frames]
    picture = _soft(np.mean(seen, axis=0))
    bends = [
        _soft(before - 2 * now + after) ** 2 / 6 for before, now, after in zip(seen, seen[1:], seen[2:], strict=False)
    ]
    return Look(picture, _percent(np.mean(bends, axis=0), picture) if bends else None)


def moved(before: np.ndarray, after: np.ndarray) -> float:
    """How far the eyes or the mouth, whichever more, are from where they were, in percent of the face's height.

    Takes two pictures of `look`. Infinite where one cannot be brought onto the other.
    """
    matrix = np.eye(2, 3, dtype=np.float32)
    try:
        _, found = cv2.findTransformECC(before, after, matrix, cv2.MOTION_AFFINE, _STEPS, None, 1)  # type: ignore[call-overload]
    except cv2.error:
        return float("inf")
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    there = cv2.warpAffine(after, found, (_SIDE, _SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    here, there = before - before.mean(), there - there.mean()
    gain = float((here * there).sum() / max((there**2).sum(), 1e-6))
    return _percent((here - gain * there) ** 2, before)


def _percent(squares: np.ndarray, picture: np.ndarray) -> float:
    """Squared differences [48, 48] of `picture` as a distance in percent of the face's height: the part with most."""
    across, down = (cv2.Sobel(picture, cv2.CV_32F, x, y, scale=1 / 8) for x, y in ((1, 0), (0, 1)))
    steep = across**2 + down**2
    flat = _FLAT * float(picture.var()) + 1e-6
    apart = [float(np.sqrt(squares[part].mean() / (steep[part].mean() + flat))) for part in _parts()]
    return 100 * max(apart) / _PIXELS


@cache
def _parts() -> tuple[tuple[slice, slice], ...]:
    """Where in the square the eyes and the mouth lie: rows and columns."""
    face = canonical_face()[:, :2]
    low, high = face.min(0), face.max(0)
    places = (face - (low + high) / 2) / (high[1] - low[1]) * _PIXELS + (_SIDE - 1) / 2
    out = []
    for name, points in _PARTS.items():
        margin = np.array(_MARGINS.get(name, _MARGIN)) * _PIXELS
        (x0, y0), (x1, y1) = places[list(points)].min(0) - margin, places[list(points)].max(0) + margin
        out.append((slice(max(0, int(y0)), int(y1) + 1), slice(max(0, int(x0)), int(x1) + 1)))
    return tuple(out)


def _grey(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)


def _soft(picture: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(np.asarray(picture, np.float32), (0, 0), _PIXELS / 58)
