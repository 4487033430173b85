"""Whether motion does as it is asked: heads turn where gaze is asked for, and move more by a larger audio scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from pipeline.evaluation.motion.clips import TalkingClip
from pipeline.evaluation.motion.generated import Generator
from pipeline.evaluation.motion.head import ANGLES, pose_delta

GAZES = ((-15.0, 0.0), (0.0, 0.0), (15.0, 0.0), (0.0, -10.0), (0.0, 10.0))
"""(theta, phi) in degrees; what is asked of the other of the two is 0."""
SCALES = (0.0, 0.5, 1.0, 2.0)
"""Of the guidance by sound."""
_FRAMES = 100
"""Of each clip, at most."""
_PITCH, _YAW = 0, 1


@dataclass(frozen=True)
class Forward:
    """pitch: that of a head whose eyes look into the camera, degrees; the mesh's is not 0 then."""

    pitch: float

    @classmethod
    def of(cls, training: Sequence[TalkingClip]) -> Forward:
        """The mean over these clips' frames, less where they look."""
        known = [clip for clip in training if clip.gaze is not None]
        apart = [clip.pose[:, _PITCH].mean() - clip.gaze[1] for clip in known if clip.gaze is not None]
        return cls(float(np.average(apart, weights=[len(clip) for clip in known])) if known else 0.0)

    def direction(self, pose: np.ndarray) -> np.ndarray:
        """(theta, phi) into which a head is turned, of poses [T, 6]: their mean."""
        middle = pose.mean(0)
        return np.array([middle[_YAW], middle[_PITCH] - self.pitch])


def gaze_scores(generator: Generator, clips: Sequence[TalkingClip], forward: Forward) -> dict[str, float]:
    """Rows of `MotionScores` on where heads turn. Distance is a clip's own, emotion and gaze are not."""
    wanted, found = [], []
    for clip in clips:
        short = clip.first(_FRAMES)
        controls = replace(generator.own(clip), emotion=None)
        for gaze in GAZES:
            motion = generator.motion(short, replace(controls, gaze=gaze))
            wanted.append(gaze)
            found.append(forward.direction(motion))
    return directions_found(np.array(wanted), np.array(found))


def directions_found(wanted: np.ndarray, found: np.ndarray) -> dict[str, float]:
    """Rows on directions (theta, phi) [N, 2] that were asked for one by one: each counts in the one of its two numbers
    that was varied, straight ahead in theta."""
    of_phi = wanted[:, 1] != 0
    off = np.abs(found - wanted)
    theta, phi = off[~of_phi, 0], off[of_phi, 1]
    return {
        "gaze_off": float(np.concatenate([theta, phi]).mean()),
        "theta_off": float(theta.mean()),
        "phi_off": float(phi.mean()),
        "theta_slope": float(np.polyfit(wanted[~of_phi, 0], found[~of_phi, 0], 1)[0]),
        "phi_slope": float(np.polyfit(wanted[of_phi, 1], found[of_phi, 1], 1)[0]),
    }


def scale_scores(generator: Generator, clips: Sequence[TalkingClip]) -> dict[str, Any]:
    """Rows of `MotionScores` on how dP grows with the audio scale."""
    short = [clip.first(_FRAMES) for clip in clips]
    long = [len(clip) for clip in short]
    real = np.average([pose_delta(clip.pose[:, :ANGLES]) for clip in short], weights=long)

    def moved(scale: float) -> float:
        by = generator.loud(scale)
        steps = [pose_delta(by.motion(clip, by.own(clip))[:, :ANGLES]) for clip in short]
        return float(np.average(steps, weights=long) / real)

    moves = [moved(scale) for scale in SCALES]
    rises = sum(after > before for before, after in pairwise(moves))
    return {"rises": float(rises), "dp_silent": moves[0], "dp_1": moves[2], "dp_2": moves[3]}
