"""A law that made-up motion follows, so that what a generator learned of it can be told exactly.

Of z_dyn the first number follows loudness, two frames later. Yaw and pitch are where somebody looks, size is the
inverse of the distance, roll is how happy somebody is; all of them with a wander of their own. Labels say it with an
error, as labels do. The rest is noise: smooth, and never the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

POSE, DYNAMICS, AUDIO = 6, 4, 6
"""Numbers a frame."""
LAG = 2
"""Frames by which the mouth is later than the loudness."""
YAW, PITCH, ROLL, SIZE = 1, 0, 2, 5
LOOKS = (14.0, 7.0)
"""Deviation of where people look, theta and phi, in degrees."""
TILT = 12.0
"""Degrees of roll between the saddest and the happiest."""
NEAREST, FARTHEST = 0.6, 1.6
ERRORS = {"gaze": 0.55, "distance": 0.06, "emotion": 0.06}
"""Of labels: of gaze in deviations, of the others in their own unit."""
_SYLLABLE, _WANDER = 1.3, 5.0
"""Frames over which loudness, and heads, stay much as they are."""
_FAINT, _SWAY = 0.3, 0.25
"""Noise of the mouth beside a loudness of deviation 1; sway of heads, in deviations of where they are."""


@dataclass(frozen=True)
class Told:
    """What labels say of a clip. gaze: (theta, phi). happiness: 0 to 1; the rest is neutral."""

    gaze: tuple[float, float]
    distance: float
    happiness: float


@dataclass(frozen=True)
class PlantedClip:
    """pose [T, 6], dynamics [T, 4], audio [T, 6], whose first number is the loudness."""

    pose: np.ndarray
    dynamics: np.ndarray
    audio: np.ndarray
    told: Told

    @property
    def loudness(self) -> np.ndarray:
        """[T], mean 0 and deviation 1."""
        return self.audio[:, 0]


def planted_clip(random: np.random.Generator, frames: int) -> PlantedClip:
    """A clip that follows the law."""
    early = _smooth(random, frames + LAG, 1, _SYLLABLE)[:, 0]  # from before the clip's begin on
    loudness = early[LAG:]
    audio = np.column_stack(
        [loudness, loudness[:, None] + random.normal(size=(frames, 2)), random.normal(size=(frames, 3))]
    )
    mouth = early[:frames] + _FAINT * _smooth(random, frames, 1, _SYLLABLE)[:, 0]
    dynamics = np.column_stack([mouth, _smooth(random, frames, DYNAMICS - 1, _WANDER)])
    looks, distance, happiness = random.normal(size=2) * LOOKS, random.uniform(NEAREST, FARTHEST), random.uniform()
    still = np.zeros(POSE)
    still[[YAW, PITCH, ROLL, SIZE]] = *looks, TILT * (happiness - 0.5), 1 / distance
    sway = np.array([LOOKS[1], LOOKS[0], TILT / 4, 0.2, 0.2, 0.2]) * _SWAY
    pose = still + sway * _smooth(random, frames, POSE, _WANDER)
    return PlantedClip(pose, dynamics, audio, _told(random, looks, distance, happiness))


def _told(random: np.random.Generator, looks: np.ndarray, distance: float, happiness: float) -> Told:
    gaze, far, happy = (error * random.normal(size=2) for error in ERRORS.values())
    theta, phi = looks + gaze * LOOKS
    return Told((float(theta), float(phi)), distance + float(far[0]), float(np.clip(happiness + happy[0], 0, 1)))


def _smooth(random: np.random.Generator, frames: int, count: int, width: float) -> np.ndarray:
    """[T, C]: noise of deviation 1 whose frames are like those `width` away."""
    margin = int(4 * width)
    drawn = gaussian_filter1d(random.normal(size=(frames + 2 * margin, count)), width, axis=0)[margin : margin + frames]
    return drawn * np.sqrt(2 * np.sqrt(np.pi) * width)
