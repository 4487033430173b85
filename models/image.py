"""Cutting patches out of frames. Affine matrices are 2x3, map frame pixels (x, y) to patch pixels."""

from __future__ import annotations

import cv2
import numpy as np


def similarity(center: np.ndarray, width: float, angle: float, size: int) -> np.ndarray:
    """The matrix that puts a square of `width` frame pixels, turned by `angle` radians, onto size x size.

    `angle` is the direction of the square's x axis in the frame. Pixel centres are at integers, so the patch's
    middle is (size - 1) / 2 and mirroring the patch (x to size - 1 - x) mirrors about `center`.
    """
    scale = size / max(width, 1e-6)
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    middle = (size - 1) / 2
    return np.array(
        [
            [c, s, middle - c * center[0] - s * center[1]],
            [-s, c, middle + s * center[0] - c * center[1]],
        ]
    )


def cut(image: np.ndarray, matrix: np.ndarray, size: int, border: int = cv2.BORDER_REPLICATE) -> np.ndarray:
    """The size x size patch of uint8 [H, W, 3] under `matrix`, without aliasing when it shrinks.

    A patch that shrinks the frame by two or more is first averaged down by a whole factor over just the part
    of the frame it needs, so the cost does not grow with the resolution of the frame.
    """
    factor = int(1 / max(np.hypot(matrix[0, 0], matrix[0, 1]), 1e-6))
    if factor < 2:
        return cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=border)
    height, width = image.shape[:2]
    corners = np.array([[-1, -1], [size, -1], [-1, size], [size, size]], float)
    inside = cv2.invertAffineTransform(matrix)
    points = corners @ inside[:, :2].T + inside[:, 2]
    x0, y0 = np.clip(np.floor(points.min(0)).astype(int) - factor, 0, [width - factor, height - factor])
    x1, y1 = np.ceil(points.max(0)).astype(int) + factor
    columns = max((min(x1, width) - x0) // factor, 1)
    rows = max((min(y1, height) - y0) // factor, 1)
    part = image[y0 : y0 + rows * factor, x0 : x0 + columns * factor]
    small = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    # small pixel u covers frame pixels x0 + factor u ... + factor - 1, its centre is x0 + factor u + (factor - 1) / 2
    offset = np.array([x0, y0]) + (factor - 1) / 2
    shrunk = np.column_stack([matrix[:, :2] * factor, matrix[:, 2] + matrix[:, :2] @ offset])
    return cv2.warpAffine(small, shrunk, (size, size), flags=cv2.INTER_LINEAR, borderMode=border)


def to_frame(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Patch points [N, 2] or [N, 3] back in frame pixels; a third column is a depth and only changes its scale."""
    inside = cv2.invertAffineTransform(matrix)
    out = np.array(points, dtype=np.float64)
    out[:, :2] = points[:, :2] @ inside[:, :2].T + inside[:, 2]
    if out.shape[1] == 3:
        out[:, 2] *= np.hypot(inside[0, 0], inside[0, 1])
    return out


def letterbox(image: np.ndarray, size: int, pad: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """The whole frame, `pad` of its longer side added on every side, centred on a black size x size; and its matrix."""
    height, width = image.shape[:2]
    matrix = similarity(np.array([(width - 1) / 2, (height - 1) / 2]), max(height, width) * (1 + 2 * pad), 0.0, size)
    return cut(image, matrix, size, border=cv2.BORDER_CONSTANT), matrix
