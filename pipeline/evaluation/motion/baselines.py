"""What moves a head beside the generator: what is real, and what needs none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.evaluation.metrics.sound_regression import SoundRegression
from pipeline.evaluation.motion.clips import TalkingClip

Motions = Callable[[TalkingClip], Sequence[np.ndarray]]
"""From a clip, of which the sound and the labels may be looked at, to motions [T, D]: one a seed."""
_JUDGES = 5
"""Every so many-th person of the training chooses the regression's penalty."""


@dataclass(frozen=True)
class Method:
    """name: the column's. motions: what it makes of a clip. windows: frames of its windows and of their overlap, where
    it has seams."""

    name: str
    motions: Motions
    windows: tuple[int, int] | None = None


def real() -> Method:
    """What is true."""
    return Method("real", lambda clip: [clip.motion])


def mean_motion(training: Sequence[TalkingClip]) -> Method:
    """The training people's mean, which does not move."""
    mean = np.concatenate([clip.motion for clip in training]).mean(0)
    return Method("mean", lambda clip: [np.repeat(mean[None], len(clip), 0)])


def another_clip(clips: Sequence[TalkingClip]) -> Method:
    """The motion of the next of these clips that shows somebody else, to and fro where it is shorter."""

    def motions(clip: TalkingClip) -> list[np.ndarray]:
        place = [each.clip_id for each in clips].index(clip.clip_id)
        others = [each for each in (*clips[place + 1 :], *clips[:place]) if each.subject != clip.subject]
        if not others:
            return []
        motion = others[0].motion
        return [np.pad(motion, ((0, max(0, len(clip) - len(motion))), (0, 0)), mode="reflect")[: len(clip)]]

    return Method("another's", motions)


def from_sound(training: Sequence[TalkingClip]) -> Method:
    """A ridge regression from the same features of sound, fitted on the training people."""
    people = sorted({clip.subject for clip in training})
    judge = np.array([people.index(clip.subject) % _JUDGES == 0 for clip in training])
    mean = np.concatenate([clip.motion for clip in training]).mean(0)
    tell = SoundRegression.fit([clip.sound for clip in training], [clip.motion - mean for clip in training], judge)
    return Method("ridge", lambda clip: [tell(clip.sound) + mean])
