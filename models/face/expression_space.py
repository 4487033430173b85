"""Expressions as a few numbers: the directions in which landmarks move within clips, and the eyes.

The first numbers of z_dyn are taught to be these (`losses.expression`): left alone, the dynamics code of a model that
learns pictures from few people vanishes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.face.landmarks import EXPRESSIVE, INNER_MOUTH, turns

ARRAYS = ("directions", "widths", "turned", "share")
"""What a space is, beside the neutral faces of the clips at hand."""
KINDS = 16
"""How many directions of the landmarks; the eyes' six numbers come after them."""
_COUNTS_MORE = dict.fromkeys(INNER_MOUTH, 1.5)
"""Inner lips move little, and are what one looks at. The mesh's lids do not close: the iris network's do."""
_EYE_SHARE = 0.6
"""How much each of the eyes' numbers counts, where the landmarks' largest counts 1."""


class ClipReading(NamedTuple):
    """Of a clip's frames: poses [T, 6] and expressions [T, P, 3] (`landmarks.pose_and_expression`), eyes [T, 2, 3]."""

    pose: np.ndarray
    expression: np.ndarray
    eyes: np.ndarray


@dataclass(frozen=True)
class ExpressionSpace:
    """The numbers of a frame with expression e [P, 3], eyes a [6] and pose p:

        z = concat(vec(e) directions, a / widths) - turns(p) turned - neutral

    directions [3P, K]: principal components of what changes within clips beside pose, scaled for z to have variance 1
    within clips. widths [6]: deviations of the eyes' numbers within clips. turned [F, K + 6]: what of z comes with the
    head's turning (`landmarks.turns`), which landmarks do not undo in full. share [K + 6]: how much each number counts.
    neutral: of each clip, the median of its subject's frames, as they are and in a mirror [2, K + 6].

    A direction's sign is that which makes its largest component positive, so that of the same clips comes one space.
    """

    directions: np.ndarray
    widths: np.ndarray
    turned: np.ndarray
    share: np.ndarray
    neutral: tuple[np.ndarray, ...] = ()

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], neutral: Sequence[np.ndarray] = ()) -> ExpressionSpace:
        """The space of `arrays`, with the neutral faces of clips."""
        return cls(**{name: np.asarray(arrays[name], np.float32) for name in ARRAYS}, neutral=tuple(neutral))

    @classmethod
    def fit(cls, clips: Sequence[ClipReading]) -> ExpressionSpace:
        """The space of clips, but for their neutral faces."""
        counts = np.array([_COUNTS_MORE.get(point, 1.0) for point in EXPRESSIVE]).repeat(3)
        moves = _within_clips([clip.expression.reshape(len(clip.pose), -1) * counts for clip in clips])
        looks = _within_clips([clip.eyes.reshape(len(clip.pose), -1) for clip in clips])
        turning = _within_clips([turns(clip.pose) for clip in clips])
        moves_by_turning, looks_by_turning = (np.linalg.lstsq(turning, each, rcond=None)[0] for each in (moves, looks))
        still_moves, still_looks = moves - turning @ moves_by_turning, looks - turning @ looks_by_turning
        variance, components = np.linalg.eigh(still_moves.T @ still_moves / len(still_moves))  # ascending
        spread = np.sqrt(variance[::-1][:KINDS])
        whitening = components[:, ::-1][:, :KINDS] / spread
        whitening = whitening * _signs(counts[:, None] * whitening)
        widths = still_looks.std(0)
        return cls(
            directions=(counts[:, None] * whitening).astype(np.float32),
            widths=widths.astype(np.float32),
            turned=np.concatenate([moves_by_turning @ whitening, looks_by_turning / widths], 1).astype(np.float32),
            share=np.concatenate([spread / spread[0], np.full(len(widths), _EYE_SHARE)]).astype(np.float32),
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """All that holds for any clips, by name: all but the neutral faces."""
        return {name: getattr(self, name) for name in ARRAYS}

    def absolute(self, frames: ClipReading) -> np.ndarray:
        """Numbers [T, K + 6] that still tell one face's shape from another's: nothing neutral is taken away."""
        count = len(frames.pose)
        # in double precision, for what is rounded not to depend on how many frames there are
        along = (frames.expression.reshape(count, -1).astype(np.float64) @ self.directions).astype(np.float32)
        numbers = [along, frames.eyes.reshape(count, -1) / self.widths]
        return np.concatenate(numbers, 1) - turns(frames.pose) @ self.turned

    def transform(self, frames: ClipReading, clips: Sequence[tuple[int, bool]]) -> np.ndarray:
        """Numbers float32 [T, K + 6] of frames of these clips: (which, whether in a mirror). 0 is how the person mostly
        looks."""
        neutral = np.stack([self.neutral[clip][int(mirror)] for clip, mirror in clips])
        return (self.absolute(frames) - neutral).astype(np.float32)


def _signs(directions: np.ndarray) -> np.ndarray:
    """What each of directions [N, K] is to be multiplied by, [K], for its largest component to be positive."""
    largest = np.abs(directions).argmax(0)
    return np.where(directions[largest, np.arange(directions.shape[1])] < 0, -1.0, 1.0)


def _within_clips(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Frames of all clips, each clip's mean taken away."""
    return np.concatenate([part - part.mean(0) for part in parts])
