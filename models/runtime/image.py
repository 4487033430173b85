"""Cutting patches out of frames. Affine matrices are 2x3, map frame pixels (x, y) to patch pixels."""

from __future__ import annotations

from math import ceil, cos, floor, hypot, sin

import cv2
import numpy as np


def similarity(center: np.ndarray, width: float, angle: float, size: int) -> np.ndarray:
    """The matrix that puts a square of `width` frame pixels, turned by `angle` radians, onto size x size.

    `angle` is the direction of the square's x axis in the frame. Pixel centres are at integers, so the patch's
    middle is (size - 1) / 2 and mirroring the patch (x to size - 1 - x) mirrors about `center`.
    """
    scale = size / max(width, 1e-6)
    c, s = cos(angle) * scale, sin(angle) * scale
    middle = (size - 1) / 2
    return np.array(
        [
            [c, s, middle - c * center[0] - s * center[1]],
            [-s, c, middle + s * center[0] - c * center[1]],
        ]
    )


def fitted(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The matrix [2, 3] of the turn, scale and shift that best puts points [N, 2] onto `target` [N, 2].

    Least squares, as Umeyama's method without mirroring gives it; as complex numbers, scale and turn are one factor.
    """
    points, target = np.asarray(points, np.float64), np.asarray(target, np.float64)
    middle, goal = points.mean(0), target.mean(0)
    source, wanted = (points - middle) @ [1, 1j], (target - goal) @ [1, 1j]
    factor = np.vdot(source, wanted) / max(np.vdot(source, source).real, 1e-9)
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([turn, goal - turn @ middle])


def cut(image: np.ndarray, matrix: np.ndarray, size: int, border: int = cv2.BORDER_REPLICATE) -> np.ndarray:
    """The size x size patch of uint8 [H, W, 3] under `matrix`, without aliasing when it shrinks.

    Only the part of the frame that the patch needs is touched, so the cost does not grow with the resolution of the
    frame. A patch that shrinks it by two or more is first averaged down by a whole factor.
    """
    factor = max(1, int(1 / max(hypot(matrix[0, 0], matrix[0, 1]), 1e-6)))
    height, width = image.shape[:2]
    (a, b, x), (c, d, y) = cv2.invertAffineTransform(matrix).tolist()
    # the corners of the patch, with a border of one pixel, in the frame
    xs = [a * u + b * v + x for u in (-1, size) for v in (-1, size)]
    ys = [c * u + d * v + y for u in (-1, size) for v in (-1, size)]
    x0 = min(max(floor(min(xs)) - factor, 0), width - factor)
    y0 = min(max(floor(min(ys)) - factor, 0), height - factor)
    columns = max((min(ceil(max(xs)) + factor, width) - x0) // factor, 1)
    rows = max((min(ceil(max(ys)) + factor, height) - y0) // factor, 1)
    part = image[y0 : y0 + rows * factor, x0 : x0 + columns * factor]
    if factor > 1:
        part = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    # pixel u of the part covers frame pixels x0 + factor u ... + factor - 1, its centre is the mean of them
    shift = (factor - 1) / 2
    inside = matrix * factor
    inside[:, 2] = matrix[:, 2] + matrix[:, :2] @ (x0 + shift, y0 + shift)
    # OpenCV warps four channels in half the time it takes for three, to the same bits
    four = cv2.cvtColor(part, cv2.COLOR_RGB2RGBA)
    patch = cv2.warpAffine(four, inside, (size, size), flags=cv2.INTER_LINEAR, borderMode=border)
    return cv2.cvtColor(patch, cv2.COLOR_RGBA2RGB)


def shrunk(picture: np.ndarray, side: int) -> np.ndarray:
    """A picture at `side` pixels, averaged over areas; one that is no larger stays."""
    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA) if len(picture) > side else picture


def bounds(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest (x, y) of points [N, >=2]; along contiguous memory, a fifth of the time of min(0)."""
    lines = points[:, :2].T.copy()
    return lines.min(1), lines.max(1)


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
