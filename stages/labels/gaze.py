"""Stage gaze: where the eyes look, per frame and as the clip's main direction (convention: `gaze_directions`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from models.landmarks.head_pose import procrustes
from models.landmarks.iris import Iris
from stages.clip import Clip, Resources, Runner
from stages.labels.gaze_directions import COLUMNS, sampled_frames, with_gaze

_EYEBALL_CM = 1.2


@dataclass(frozen=True)
class Gaze:
    """Adds gaze [T, 2] (theta, phi) and the main direction.

    every: frames between two looks at the irises; the angles between are interpolated. depth, lift: where the
    eyeball's centre lies against the middle of the eye's corners, in cm: behind it along the head's axis, and above
    it (measured on clips whose person looks into the camera, docs/labels.md). steady_s, jump: reach in seconds and in
    degrees of the smoothing, which averages over time but not across a jump of the eyes (`smoothed`; 0 seconds: none).
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
    variant: ClassVar[str] = "iris"
    after: ClassVar[tuple[str, ...]] = ("pose",)
    profile: ClassVar[str] = "open"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ("iris", "canonical_face")
    columns: ClassVar[pa.Schema] = COLUMNS

    def open(self) -> Runner:
        iris = Iris()

        return lambda clip: self.run(clip, iris)

    def run(self, clip: Clip, iris: Iris) -> Clip:
        """The clip with its gaze, from an iris model that is set up already."""
        track = clip.tracked()
        looked = sampled_frames(len(track.times), self.every)
        landmarks = np.stack([track.crop_landmarks(i) for i in looked])
        eyes = np.stack([iris(track.crops[i], points) for i, points in zip(looked, landmarks, strict=True)])
        rotation, scale, _ = procrustes(landmarks)
        seen = gaze_vectors(eyes, rotation, scale, self.depth, self.lift)
        return with_gaze(clip, seen, looked, self.steady_s, self.jump, self.bin, self.min_share)


def gaze_vectors(eyes: np.ndarray, rotation: np.ndarray, scale: np.ndarray, depth: float, lift: float) -> np.ndarray:
    """Unit vectors [T, 3] in the camera frame from eye points [T, 2, 3, 2] (`models.landmarks.iris`).

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
