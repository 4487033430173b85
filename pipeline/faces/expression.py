"""Expressions as a few numbers: the directions in which landmarks move, found over a pool of clips, and the eyes.

The first numbers of z_dyn are taught to be these (`losses.expression`): left alone, the dynamics code of a model that
learns pictures from few people vanishes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from catalogs.frames import FrameStore
from models.face.landmarks import EXPRESSIVE, INNER_MOUTH, mirrored_eyes, turns
from pipeline.faces.readings import Readings

ARRAYS = ("directions", "widths", "turned", "share")
"""What a space is, beside the neutral faces of the clips at hand."""
KINDS = 16
"""How many directions of the landmarks; the eyes' six numbers come after them."""
_CLEAR = dict.fromkeys(INNER_MOUTH, 1.5)
"""Inner lips move little, and are what one looks at. The mesh's lids do not close: the iris network's do."""
_EYE_SHARE = 0.6
"""How much each of the eyes' numbers counts, where the landmarks' largest counts 1."""


@dataclass(frozen=True)
class ExpressionSpace:
    """directions [3P, K]: expressions times these are numbers of variance 1 within clips. widths [6]: deviations of the
    eyes' numbers within clips. turned [F, K + 6]: what of all of them comes with the head's turning, which landmarks do
    not undo in full. share [K + 6]: how much each counts. neutral: of each clip, the median of its subject's frames, as
    they are and in a mirror [2, K + 6].

    A direction's sign is that which makes its largest component positive, so that of the same clips comes one space.
    """

    directions: np.ndarray
    widths: np.ndarray
    turned: np.ndarray
    share: np.ndarray
    neutral: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], neutral: Sequence[np.ndarray] = ()) -> ExpressionSpace:
        """The space of `arrays`, with the neutral faces of clips."""
        return cls(**{name: np.asarray(arrays[name], np.float32) for name in ARRAYS}, neutral=tuple(neutral))

    def arrays(self) -> dict[str, np.ndarray]:
        """All that holds for any clips, by name: all but the neutral faces."""
        return {name: getattr(self, name) for name in ARRAYS}

    def told(
        self, landmarks: np.ndarray, pose: np.ndarray, eyes: np.ndarray, clips: Sequence[tuple[int, bool]]
    ) -> np.ndarray:
        """Numbers [N, K + 6] of expressions [N, P, 3] in poses [N, 6], with eyes [N, 2, 3], in frames of these clips.

        clips: (which, whether in a mirror). 0 is how the person mostly looks.
        """
        neutral = np.stack([self.neutral[clip][int(mirror)] for clip, mirror in clips])
        return (self._numbers(landmarks, pose, eyes) - neutral).astype(np.float32)

    def _numbers(self, landmarks: np.ndarray, pose: np.ndarray, eyes: np.ndarray) -> np.ndarray:
        count = len(pose)
        told = [landmarks.reshape(count, -1) @ self.directions, eyes.reshape(count, -1) / self.widths]
        return np.concatenate(told, 1) - turns(pose) @ self.turned


Told = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Of a clip's frames: poses [T, 6], expressions [T, P, 3], eyes [T, 2, 3]."""


def space_of(
    store: FrameStore,
    index: Sequence[int],
    subjects: Sequence[str],
    given: ExpressionSpace | None = None,
    each: Callable[[], None] = lambda: None,
    readings: Readings | None = None,
) -> ExpressionSpace:
    """The directions of the clips `index` of a store: principal components of what changes within clips beside pose.

    given: a space that is taken as it is, for which only the clips' neutral faces are found. each: called for every
    clip that is read. readings: what reads them, by default without keeping anything.
    """
    readings = readings or Readings(store)
    told: list[Told] = []
    for place in index:
        each()
        told.append((*readings.of(place), store.eyes(place)))
    space = _found(told) if given is None else given
    numbers = []
    for place, (pose, expression, eyes) in zip(index, told, strict=True):
        each()
        pose_there, expression_there = readings.of(place, mirror=True)
        here = space._numbers(expression, pose, eyes)
        numbers.append(np.stack([here, space._numbers(expression_there, pose_there, mirrored_eyes(eyes))], 1))
    neutral = {subject: _median(numbers, [own == subject for own in subjects]) for subject in set(subjects)}
    return replace(space, neutral=tuple(neutral[subject] for subject in subjects))


def _found(told: Sequence[Told]) -> ExpressionSpace:
    """The space of clips, but for their neutral faces."""
    clear = np.array([_CLEAR.get(point, 1.0) for point in EXPRESSIVE]).repeat(3)
    moves, turning, looks = (
        _within([part(*each) for each in told])
        for part in (
            lambda pose, expression, eyes: expression.reshape(len(pose), -1) * clear,
            lambda pose, expression, eyes: turns(pose),
            lambda pose, expression, eyes: eyes.reshape(len(pose), -1),
        )
    )
    follows, looking = (np.linalg.lstsq(turning, each, rcond=None)[0] for each in (moves, looks))
    moves, looks = moves - turning @ follows, looks - turning @ looking
    spread, basis = np.linalg.eigh(moves.T @ moves / len(moves))
    spread, basis = np.sqrt(spread[::-1][:KINDS]), basis[:, ::-1][:, :KINDS] / np.sqrt(spread[::-1][:KINDS])
    basis = basis * _signs(clear[:, None] * basis)
    widths = looks.std(0)
    return ExpressionSpace(
        directions=(clear[:, None] * basis).astype(np.float32),
        widths=widths.astype(np.float32),
        turned=np.concatenate([follows @ basis, looking / widths], 1).astype(np.float32),
        share=np.concatenate([spread / spread[0], np.full(len(widths), _EYE_SHARE)]).astype(np.float32),
        neutral=(),
    )


def _signs(directions: np.ndarray) -> np.ndarray:
    """What each of directions [N, K] is to be multiplied by, [K], for its largest component to be positive."""
    largest = np.abs(directions).argmax(0)
    return np.where(directions[largest, np.arange(directions.shape[1])] < 0, -1.0, 1.0)


def _within(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Frames of all clips, each clip's mean taken away."""
    return np.concatenate([part - part.mean(0) for part in parts])


def _median(numbers: Sequence[np.ndarray], chosen: Sequence[bool]) -> np.ndarray:
    return np.median(np.concatenate([each for each, own in zip(numbers, chosen, strict=True) if own]), 0)
