"""What is measured of one clip in the motion that a method gives it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.motion.space import POSE
from models.sync.network import SyncNetwork
from pipeline.evaluation.metrics.agreement import correlation
from pipeline.evaluation.motion.blinks import blinks
from pipeline.evaluation.motion.clips import TalkingClip
from pipeline.evaluation.motion.head import ANGLES, jitter, pose_delta, travel
from pipeline.evaluation.motion.in_step import in_step, likeness
from pipeline.evaluation.motion.readout import FaceReadout
from pipeline.evaluation.motion.seams import seam_steps, seams


@dataclass(frozen=True)
class ClipFigures:
    """Means over the samples of a clip of `frames` frames; None where there is none.

    followed [3]: correlations of `metrics.mouth.MOUTH`, 0 where nothing moves. opening: deviation in cm. windows: found
    in step, and how many. spread: deviations over the samples, of angles and z_dyn, in the training's; spread_within:
    of angles, in the training's within clips.
    """

    frames: int
    sentence: bool
    followed: np.ndarray
    opening: float
    pose_delta: float
    jitter: float
    travel: float
    blinks: float
    seams: tuple[float, float] | None = None
    windows: tuple[float, float] | None = None
    likeness: float | None = None
    spread: tuple[float, float] | None = None
    spread_within: float | None = None


@dataclass(frozen=True)
class Scale:
    """Of the training people's motion, [D]: deviation in all, and within clips."""

    total: np.ndarray
    within: np.ndarray

    @classmethod
    def of(cls, training: Sequence[TalkingClip]) -> Scale:
        """Deviations of these clips' frames."""
        motions = [clip.motion for clip in training]
        inner = np.concatenate([motion - motion.mean(0) for motion in motions])
        return cls(np.concatenate(motions).std(0).clip(1e-6), inner.std(0).clip(1e-6))


@dataclass(frozen=True)
class Measures:
    """What all clips are measured with. network: None leaves out what asks whether motion is in step."""

    readout: FaceReadout
    scale: Scale
    network: SyncNetwork | None = None

    def figures(
        self, clip: TalkingClip, motions: Sequence[np.ndarray], windows: tuple[int, int] | None = None
    ) -> ClipFigures:
        """Of motions [T, D] that a clip is given, one a sample. windows: frames of those that they were generated in,
        and of their overlap."""
        samples = [np.asarray(each, np.float64) for each in motions]
        angles, dynamics = [each[:, :ANGLES] for each in samples], [each[:, POSE:] for each in samples]
        mouths = [self.readout.mouth(each) for each in dynamics]
        usual = float(np.median(clip.lids))
        return ClipFigures(
            frames=len(clip),
            sentence=clip.sentence,
            followed=np.mean([_followed(clip.mouth, each) for each in mouths], 0),
            opening=_mean([each[:, 0].std() for each in mouths]),
            pose_delta=_mean(map(pose_delta, angles)),
            jitter=_mean(map(jitter, angles)),
            travel=_mean(map(travel, angles)),
            blinks=_mean([blinks(self.readout.lids(each, usual)) for each in dynamics]),
            seams=self._seams(samples, windows),
            **self._in_step(clip, dynamics),
            **self._spread(samples),
        )

    def _seams(self, samples: Sequence[np.ndarray], windows: tuple[int, int] | None) -> tuple[float, float] | None:
        if windows is None:
            return None
        starts = seams(len(samples[0]), *windows)
        even = [each / self.scale.total for each in samples]
        of_face = [seam_steps(each[:, POSE:], starts, windows[1]) for each in even]
        of_head = [seam_steps(each[:, :POSE], starts, windows[1]) for each in even]
        both = [(face, head) for face, head in zip(of_face, of_head, strict=True) if face and head]
        return (_mean([face for face, _ in both]), _mean([head for _, head in both])) if both else None

    def _in_step(self, clip: TalkingClip, dynamics: Sequence[np.ndarray]) -> dict[str, Any]:
        if self.network is None:
            return {}
        found = [in_step(self.network, clip.sound, each) for each in dynamics]
        alike = _mean([likeness(self.network, clip.sound, each) for each in dynamics])
        return {"windows": (_mean(map(sum, found)), _mean(map(len, found))), "likeness": alike}

    def _spread(self, samples: Sequence[np.ndarray]) -> dict[str, Any]:
        if len(samples) < 2:
            return {}
        apart = np.std(samples, axis=0).mean(0)
        total, within = apart / self.scale.total, apart / self.scale.within
        spread = float(total[:ANGLES].mean()), float(total[POSE:].mean())
        return {"spread": spread, "spread_within": float(within[:ANGLES].mean())}


def _followed(wanted: np.ndarray, found: np.ndarray) -> list[float]:
    return [correlation(wanted[:, k], found[:, k]) or 0.0 for k in range(wanted.shape[1])]


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
