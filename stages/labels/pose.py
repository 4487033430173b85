"""Stage pose: head rotation per frame, and its statistics over the clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from models.landmarks.canonical_face import canonical_face
from models.landmarks.head_pose import angles, procrustes
from stages.clip import Clip, Outcome, Resources, Runner


@dataclass(frozen=True)
class Pose:
    """Adds pose [T, 6]: pitch, yaw, roll in degrees, then x, y, z of the head in the camera frame.

    z is the distance (stages/labels/distance.py states its unit), x and y are in the same unit: x / z is the head's
    offset from the picture's centre as a share of the picture's height.
    """

    name: ClassVar[str] = "pose"
    variant: ClassVar[str] = "mesh"
    after: ClassVar[tuple[str, ...]] = ("quality",)
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ("canonical_face",)
    columns: ClassVar[pa.Schema] = pa.schema(
        [(name, pa.float32()) for name in ("pitch", "yaw", "roll", "pitch_std", "yaw_std", "roll_std", "pose_delta")]
    )

    def open(self) -> Runner:
        return self._run

    def _run(self, clip: Clip) -> Outcome:
        track = clip.tracked()
        rotation, scale, middle = procrustes(track.landmarks)
        degrees = angles(rotation)
        height, width = track.frame_size
        z = distance_of(scale, height)
        x = (middle[:, 0] - (width - 1) / 2) / height * z
        y = (middle[:, 1] - (height - 1) / 2) / height * z
        mean, std = degrees.mean(0), degrees.std(0)
        return clip.add(
            **dict(zip(("pitch", "yaw", "roll"), map(float, mean), strict=True)),
            **dict(zip(("pitch_std", "yaw_std", "roll_std"), map(float, std), strict=True)),
            pose_delta=pose_delta(degrees),
        ).add_arrays(pose=np.column_stack([degrees, x, y, z]))


def pose_delta(degrees: np.ndarray) -> float:
    """dP: mean absolute difference of (pitch, yaw, roll) [T, 3] between neighbouring frames, degrees per frame."""
    return float(np.abs(np.diff(degrees, axis=0)).mean()) if len(degrees) > 1 else 0.0


def distance_of(scale: np.ndarray, frame_height: int) -> np.ndarray:
    """Distance [T] of heads of `scale` [T] pixels per cm: 1 where a frontal face is a third of the frame's height wide.

    It is relative to the frame's height, so padding a frame to twice its size doubles it.
    """
    width_cm = float(np.ptp(canonical_face()[:, 0]))
    return frame_height / 3 / (np.asarray(scale) * width_cm)
