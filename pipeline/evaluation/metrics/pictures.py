"""How near a picture is to the true one: PSNR, SSIM, sharpness. Pictures are uint8 RGB [S, S, 3] of one size.

content [S, S]: where the true one shows what was filmed; what lies elsewhere counts nothing. None: everywhere.
"""

from __future__ import annotations

import cv2
import numpy as np

from models.runtime.image import bounds

SMALL = 64
"""Side at which SSIM and sharpness are measured whatever a method's own, so that methods can be compared."""

SAME = 60.0
"""PSNR of pictures that are the same, in dB, and the most that others count: a frame that stands still is no feat."""

_WINDOW, _SIGMA = 11, 1.5
_TINY = 1e-6
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def psnr(picture: np.ndarray, truth: np.ndarray, content: np.ndarray | None = None) -> float | None:
    """Peak signal to noise in dB over all pixels and colours, at most SAME; None without content."""
    errors = (picture.astype(np.float64) - truth) ** 2
    if content is not None:
        errors = errors[content]
    if not errors.size:
        return None
    error = errors.mean()
    return SAME if error == 0 else min(SAME, float(10 * np.log10(255**2 / error)))


def ssim(picture: np.ndarray, truth: np.ndarray, content: np.ndarray | None = None) -> float | None:
    """Structural similarity of the grey pictures (Wang et al., 2004): windows of 11 x 11, Gaussian, that fit inside."""
    a, b = (cv2.cvtColor(each, cv2.COLOR_RGB2GRAY).astype(np.float64) for each in (picture, truth))
    mean_a, mean_b = _blurred(a), _blurred(b)
    var_a, var_b = _blurred(a * a) - mean_a**2, _blurred(b * b) - mean_b**2
    both = _blurred(a * b) - mean_a * mean_b
    alike = (2 * mean_a * mean_b + _C1) * (2 * both + _C2)
    alike = alike / ((mean_a**2 + mean_b**2 + _C1) * (var_a + var_b + _C2))
    if content is not None:
        alike = alike[_blurred(content.astype(np.float64)) > 1 - _TINY]
    return float(alike.mean()) if alike.size else None


def sharpness(picture: np.ndarray, truth: np.ndarray) -> float | None:
    """The standard deviation of the grey picture's Laplacian over that of the true one's; None if that is flat."""
    found, wanted = (float(cv2.Laplacian(cv2.cvtColor(each, cv2.COLOR_RGB2GRAY), cv2.CV_64F).std()) for each in
                     (picture, truth))  # fmt: skip
    return found / wanted if wanted > 0 else None


def face_box(landmarks: np.ndarray, side: int) -> tuple[slice, slice]:
    """Rows and columns of the face in pictures of `side` pixels: the bounds of landmarks [468, >= 2], 10 % wider."""
    low, high = bounds(landmarks)
    grown = 0.05 * (high - low)
    first, last = ((edge + 1) * side / 2 for edge in (low - grown, high + grown))
    first = np.clip(np.floor(first + _TINY), 0, side - 1).astype(int)
    last = np.clip(np.ceil(last - _TINY), first + 1, side).astype(int)
    return slice(int(first[1]), int(last[1])), slice(int(first[0]), int(last[0]))


def _blurred(values: np.ndarray) -> np.ndarray:
    """Gaussian means of the windows that fit into [S, S]."""
    edge = _WINDOW // 2
    return cv2.GaussianBlur(values, (_WINDOW, _WINDOW), _SIGMA)[edge:-edge, edge:-edge]
