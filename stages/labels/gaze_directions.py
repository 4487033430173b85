"""Directions of a gaze: angles and unit vectors, smoothing over time, and a clip's main direction.

Convention: camera frame, x right, y down, z away from the camera; a direction is
v = (-cos(phi) sin(theta), -sin(phi), -cos(phi) cos(theta)), so (0, 0) looks into the camera, theta > 0 towards the
image's left and phi > 0 up. Degrees.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stages.clip import FPS, Clip

COLUMNS = pa.schema([("gaze_theta", pa.float32()), ("gaze_phi", pa.float32()), ("gaze_share", pa.float32())])
"""What a stage that finds the gaze adds to a clip's row; `with_gaze` fills them."""


def sampled_frames(count: int, every: int) -> np.ndarray:
    """The frames of `count` that are looked at: every `every`th and the last."""
    return np.unique([*range(0, count, every), count - 1])


def with_gaze(
    clip: Clip, seen: np.ndarray, looked: np.ndarray, steady_s: float, jump: float, bin_size: float, min_share: float
) -> Clip:
    """The clip with gaze [T, 2] (theta, phi), from unit vectors `seen` [L, 3] of its frames `looked` [L].

    The vectors are smoothed (`smoothed`) and interpolated between the frames looked at. The main direction
    (`main_direction`) is empty when fewer than `min_share` of the frames look there; its share never is.
    """
    count = len(clip.tracked().times)
    seen = smoothed(seen, looked / FPS, steady_s, jump)
    between = np.stack([np.interp(np.arange(count), looked, seen[:, k]) for k in range(3)], axis=1)
    vectors = between / np.linalg.norm(between, axis=1, keepdims=True)
    theta, phi, share = main_direction(vectors, bin_size)
    held = share >= min_share
    return clip.add(gaze_theta=theta if held else None, gaze_phi=phi if held else None, gaze_share=share).add_arrays(
        gaze=to_angles(vectors)
    )


def smoothed(vectors: np.ndarray, times: np.ndarray, seconds: float, jump: float) -> np.ndarray:
    """Unit vectors [T, 3] at `times` [T], each the mean of its neighbours in time that look almost the same way.

    A bilateral filter: Gaussian weights over time (sigma `seconds`) times Gaussian weights over the angle to the mean
    of the three around it (sigma `jump` degrees), so noise goes and a saccade stays.
    """
    if seconds <= 0 or len(vectors) < 3:
        return vectors
    ends = np.concatenate([vectors[:1], vectors, vectors[-1:]])
    around = (ends[:-2] + ends[1:-1] + ends[2:]) / 3
    chord = np.maximum(0, (around**2).sum(1)[:, None] + 1 - 2 * around @ vectors.T)
    late = np.subtract.outer(times, times) / seconds
    weight = np.exp(-0.5 * late**2 - 0.5 * chord / np.radians(jump) ** 2)
    # a frame in the middle of a jump is near to nobody: it keeps its own direction
    mean = weight @ vectors + 1e-6 * vectors
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def to_angles(vectors: np.ndarray) -> np.ndarray:
    """(theta, phi) [..., 2] in degrees of unit vectors [..., 3]."""
    theta = np.arctan2(-vectors[..., 0], -vectors[..., 2])
    phi = np.arcsin(np.clip(-vectors[..., 1], -1, 1))
    return np.degrees(np.stack([theta, phi], -1))


def to_vectors(degrees: np.ndarray) -> np.ndarray:
    """Unit vectors [..., 3] of (theta, phi) [..., 2] in degrees: the inverse of `to_angles`."""
    theta, phi = np.moveaxis(np.radians(np.asarray(degrees, np.float64)), -1, 0)
    return np.stack([-np.cos(phi) * np.sin(theta), -np.sin(phi), -np.cos(phi) * np.cos(theta)], -1)


def main_direction(vectors: np.ndarray, bin_size: float) -> tuple[float, float, float]:
    """(theta, phi, share) of the main direction of unit vectors [T, 3]: histogram clustering.

    A histogram over (theta, phi) with bins of `bin_size` degrees is smoothed over 3 x 3 bins; the mean of the vectors
    in the peak's 3 x 3 neighbourhood is the main direction, their share of all frames says how main it is.
    """
    cells = np.floor(to_angles(vectors) / bin_size + 0.5).astype(int)
    low = cells.min(0) - 1
    cells = cells - low
    histogram = np.zeros(cells.max(0) + 2)
    np.add.at(histogram, tuple(cells.T), 1)
    shifts = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    smooth = np.sum([np.roll(histogram, shift, (0, 1)) for shift in shifts], axis=0)
    # ties go to the direction nearest to the camera axis, so a mirrored clip has the mirrored answer
    best = np.argwhere(smooth == smooth.max())
    peak = best[np.argmin((((best + low) * bin_size) ** 2).sum(1))]
    near = (np.abs(cells - peak) <= 1).all(1)
    mean = vectors[near].mean(0)
    theta, phi = to_angles(mean / np.linalg.norm(mean))
    return float(theta), float(phi), float(near.mean())
