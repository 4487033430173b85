"""Which frames a training step sees: drawn from the seed and the step alone, so that any step can be drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.face.camera import compose_pose
from models.face.landmarks import INNER_LIPS

_MOST = 3.0
"""Standard deviations beyond which a frame is not rarer."""
_DIFFERING = 0.75
"""Share of pairs whose lips are to differ."""


@dataclass(frozen=True)
class ClipPair:
    """Two clips of different subjects, two frames of each: ((clip, i, j), (clip, i, j)). number: its place in all."""

    number: int
    clips: tuple[tuple[int, int, int], tuple[int, int, int]]


@dataclass(frozen=True)
class Sampler:
    """Draws units. subjects: of each clip. chances: of each clip's frames, each summing to 1. lips: how far apart they
    are in each clip's frames, where three of four pairs are to differ in it: of lips that hardly move between frames a
    decoder does not learn what a closed mouth hides."""

    subjects: Sequence[str]
    chances: Sequence[np.ndarray]
    seed: int
    lips: Sequence[np.ndarray] = ()

    def units(self, step: int, count: int) -> list[ClipPair]:
        """The units of a step. A subject with n clips is drawn as often as sqrt(n) subjects with one."""
        names, index, number = np.unique(np.asarray(self.subjects), return_inverse=True, return_counts=True)
        odds = (1 / np.sqrt(number))[index]
        out = []
        for place in range(count):
            random = np.random.default_rng((self.seed, step, place))
            first = int(random.choice(len(index), p=odds / odds.sum()))
            others = np.where(index == index[first], 0.0, odds)
            second = int(random.choice(len(index), p=others / others.sum()))
            clips = [self._frames(random, clip) for clip in (first, second)]
            out.append(ClipPair(step * count + place, (clips[0], clips[1])))
        return out

    def _frames(self, random: np.random.Generator, clip: int) -> tuple[int, int, int]:
        chances = self.chances[clip]
        i, j = random.choice(len(chances), 2, replace=False, p=chances)
        if self.lips and random.random() < _DIFFERING:
            apart = chances * np.abs(self.lips[clip] - self.lips[clip][i])
            if apart.sum() > 0:
                j = random.choice(len(chances), p=apart / apart.sum())
        return clip, int(i), int(j)


def chances(
    landmarks: np.ndarray, pose: np.ndarray, eyes: np.ndarray, seen: np.ndarray, camera: np.ndarray
) -> np.ndarray:
    """How often frames [T] of a clip are drawn: those with a rare pose, place, mouth or lid more often, unseen ones
    never.

    landmarks [T, 468, 3], pose [T, 6], eyes [T, 2, 3]; camera [T, 3]: where the crops lie that these are measured in.
    """
    lips = lips_apart(landmarks, pose)
    place = compose_pose(pose, camera)[:, 3:5]
    features = np.column_stack([pose[:, :3], place, lips, eyes[:, :, 0].mean(1), eyes[:, :, 1].mean(1)])
    spread = features[seen].std(0) + 1e-6
    rare = np.abs(features - np.median(features[seen], axis=0)) / spread
    weight = (0.5 + np.minimum(rare.max(1), _MOST)) * seen
    return weight / weight.sum()


def lips_apart(landmarks: np.ndarray, pose: np.ndarray) -> np.ndarray:
    """How far apart the inner lips are [T], in the head's own units: landmarks [T, 468, 3], pose [T, 6]."""
    return np.linalg.norm(landmarks[:, INNER_LIPS[0]] - landmarks[:, INNER_LIPS[1]], axis=1) / pose[:, 5]
