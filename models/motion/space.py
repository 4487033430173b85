"""Which numbers a frame's motion and its conditions have: what a catalog holds decides it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

POSE, GAZE, DISTANCE = 6, 2, 1
"""face_pose; (theta, phi); one number: of every catalog alike."""


@dataclass(frozen=True)
class MotionSpace:
    """dynamics: length of z_dyn. audio: A, length of a frame's sound features. emotion: E, coefficients of a clip."""

    dynamics: int
    audio: int
    emotion: int

    @property
    def motion(self) -> int:
        """D, numbers of a frame's motion: pose, then z_dyn."""
        return POSE + self.dynamics


def to_motion(pose: torch.Tensor, dynamics: torch.Tensor) -> torch.Tensor:
    """A clip's motion [T, D], of its pose [T, 6] and z_dyn [T, Z].

    Pose stays as it is, for where the head turns is what gaze acts upon. Of z_dyn the clip's median is taken away: it
    tells who somebody is more than what the face does.
    """
    return torch.cat([pose, dynamics - dynamics.quantile(0.5, dim=0)], dim=1)


def from_motion(motion: torch.Tensor, own: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(pose [..., 6], z_dyn [..., Z]) of motions [..., D], for a portrait whose z_dyn at rest is `own` [Z]."""
    return motion[..., :POSE], motion[..., POSE:] + own
