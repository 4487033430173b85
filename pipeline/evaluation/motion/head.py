"""How a head moves: how far from frame to frame, how evenly, and how far in all. Angles are [T, 3] in degrees."""

from __future__ import annotations

import numpy as np

ANGLES = 3
"""The first numbers of a pose: pitch, yaw, roll."""


def pose_delta(angles: np.ndarray) -> float:
    """dP of VASA-1, section 4.2: the mean absolute step of the angles, degrees a frame."""
    return _mean_size(np.diff(angles, axis=0))


def jitter(angles: np.ndarray) -> float:
    """The mean absolute second difference, degrees: how much trembles, where dP tells how much moves."""
    return _mean_size(np.diff(angles, n=2, axis=0))


def travel(angles: np.ndarray) -> float:
    """The deviation of the angles over the clip, mean of the three, degrees."""
    return float(angles.std(0).mean())


def _mean_size(values: np.ndarray) -> float:
    return float(np.abs(values).mean()) if len(values) else 0.0
