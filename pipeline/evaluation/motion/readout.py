"""What z_dyn says of mouth and lids, read by a linear map that was fitted on other people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.evaluation.metrics.linear_prediction import ridge_map
from pipeline.evaluation.motion.clips import TalkingClip


@dataclass(frozen=True)
class FaceReadout:
    """weights [Z, 4]: from z_dyn to `metrics.mouth.MOUTH` in cm and to the lids' opening over the eye's width, each
    from where the clip has it on average."""

    weights: np.ndarray

    @classmethod
    def fit(cls, clips: Sequence[TalkingClip]) -> FaceReadout:
        """The map that is best on these clips' frames, within clips."""
        moves = np.concatenate([clip.dynamics - clip.dynamics.mean(0) for clip in clips])
        seen = [np.column_stack([clip.mouth, clip.lids]) for clip in clips]
        return cls(ridge_map(moves, np.concatenate([each - each.mean(0) for each in seen])))

    def mouth(self, dynamics: np.ndarray) -> np.ndarray:
        """[T, 3] of z_dyn [T, Z]."""
        found: np.ndarray = dynamics @ self.weights[:, :-1]
        return found

    def lids(self, dynamics: np.ndarray, usual: float) -> np.ndarray:
        """[T] of z_dyn [T, Z]; usual: the lids' median opening."""
        opening = dynamics @ self.weights[:, -1]
        found: np.ndarray = opening - np.median(opening) + usual
        return found
