"""Stage gaze: where the eyes look, per frame and as the clip's main direction.

Convention: camera frame, x right, y down, z away from the camera; a direction is
v = (-cos(phi) sin(theta), -sin(phi), -cos(phi) cos(theta)), so (0, 0) looks into the camera, theta > 0 towards the
image's left and phi > 0 up. Degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from models.head_pose import procrustes
from models.iris import Iris
from stages.clip import FPS, Clip, Resources, Runner

_EYEBALL_CM = 1.2


@dataclass(frozen=True)
class Gaze:
    """Adds gaze [T, 2] (theta, phi) and the main direction.

    every: frames between two looks at the irises; the angles between are interpolated. depth, lift: where the
    eyeball's centre lies against the middle of the eye's corners, in cm: behind it along the head's axis, and above
    it (measured on clips whose person looks into the camera, docs/labels.md). steady_s, jump: reach in seconds and in
    degrees of the smoothing, which averages over time but not across a jump of the eyes (`steadied`; 0 seconds: none).
    bin: degrees of the histogram's bins. min_share: the main direction is empty when fewer frames than this look there.
    """

    every: int = 3
    depth: float = 0.8
    lift: float = 0.1
    steady_s: float = 0.28
    jump: float = 7.0
    bin: float = 5.0
    min_share: float = 0.35

    name: ClassVar[str] = "gaze"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ("iris", "canonical_face")
    columns: ClassVar[pa.Schema] = pa.schema(
        [("gaze_theta", pa.float32()), ("gaze_phi", pa.float32()), ("gaze_share", pa.float32())]
    )

    def open(self) -> Runner:
        iris = Iris()

        return lambda clip: self.run(clip, iris)

    def run(self, clip: Clip, iris: Iris) -> Clip:
        """The clip with its gaze, from an iris model that is set up already."""
        track = clip.tracked()
        count = len(track.times)
        looked = np.unique([*range(0, count, self.every), count - 1])
        landmarks = np.stack([track.crop_landmarks(i) for i in looked])
        eyes = np.stack([iris(track.crops[i], points) for i, points in zip(looked, landmarks, strict=True)])
        rotation, scale, _ = procrustes(landmarks)
        seen = gaze_vectors(eyes, rotation, scale, self.depth, self.lift)
        seen = steadied(seen, looked / FPS, self.steady_s, self.jump)
        between = np.stack([np.interp(np.arange(count), looked, seen[:, k]) for k in range(3)], axis=1)
        vectors = between / np.linalg.norm(between, axis=1, keepdims=True)
        theta, phi, share = main_direction(vectors, self.bin)
        held = share >= self.min_share
        return clip.add(
            gaze_theta=theta if held else None, gaze_phi=phi if held else None, gaze_share=share
        ).add_arrays(gaze=to_angles(vectors))


def gaze_vectors(eyes: np.ndarray, rotation: np.ndarray, scale: np.ndarray, depth: float, lift: float) -> np.ndarray:
    """Unit vectors [T, 3] in the camera frame from eye points [T, 2, 3, 2] (`models.iris`).

    The eyeball is a ball of 1.2 cm; the iris's offset from its centre, in the picture, is the direction's x and y.
    Single eyes differ by up to 20 degrees, so the mean of both is taken.
    """
    corners = (eyes[:, :, 1] + eyes[:, :, 2]) / 2
    inward = depth * rotation[:, :2, 2] - lift * rotation[:, :2, 1]
    centre = corners + (scale[:, None] * inward)[:, None]
    offset = ((eyes[:, :, 0] - centre) / (_EYEBALL_CM * scale[:, None, None])).mean(1)
    length = np.linalg.norm(offset, axis=1)
    offset = offset * np.minimum(1, 0.98 / np.maximum(length, 1e-9))[:, None]
    return np.column_stack([offset, -np.sqrt(1 - (offset**2).sum(1))])


def steadied(vectors: np.ndarray, times: np.ndarray, seconds: float, jump: float) -> np.ndarray:
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
