"""What a linear map tells of a face from the features of its sound: a baseline for all that generates motion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, solve

COMPONENTS, CONTEXT = 96, 8
_PENALTIES = 10.0 ** np.arange(-4, 1)
"""Weights of the map's size beside the mean squared error, over the mean variance of what it is shown."""


@dataclass(frozen=True)
class SoundRegression:
    """Ridge regression from the principal components of features [T, D] of a frame and of those around it, in a clip.

    mean, deviation [D]: of the features. axes [D, K]: their components. weights [(2 CONTEXT + 1) K, M].
    """

    mean: np.ndarray
    deviation: np.ndarray
    axes: np.ndarray
    weights: np.ndarray

    @classmethod
    def fit(cls, features: Sequence[np.ndarray], wanted: Sequence[np.ndarray], judge: np.ndarray) -> SoundRegression:
        """The map of clips' features [T, D] to what is wanted [T, M], best about its mean.

        judge, bool [C]: the clips on which the penalty is chosen; the map is then of all.
        """
        frames = np.concatenate(features)
        mean, deviation = frames.mean(0), frames.std(0) + 1e-6
        even = (frames - mean) / deviation
        width = even.shape[1]
        axes = eigh(even.T @ even / len(even), subset_by_index=[max(0, width - COMPONENTS), width - 1])[1]
        shown = [_around((clip - mean) / deviation @ axes) for clip in features]
        weights = next(_maps(shown, wanted, [_best_penalty(shown, wanted, judge)]))
        return cls(mean, deviation, axes, weights)

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """[T, M] of a clip's features [T, D]."""
        found: np.ndarray = _around((features - self.mean) / self.deviation @ self.axes) @ self.weights
        return found


def _around(parts: np.ndarray) -> np.ndarray:
    """Components [T, K] with those of the frames around, float32 [T, 17 K]."""
    around = np.pad(parts, ((CONTEXT, CONTEXT), (0, 0)), mode="edge")
    return np.concatenate([around[k : k + len(parts)] for k in range(2 * CONTEXT + 1)], 1).astype(np.float32)


def _best_penalty(shown: Sequence[np.ndarray], wanted: Sequence[np.ndarray], judge: np.ndarray) -> float:
    """The penalty whose map of the other clips tells those that judge best."""
    fit, held = np.flatnonzero(~judge).tolist(), np.flatnonzero(judge).tolist()
    maps = _maps([shown[i] for i in fit], [wanted[i] for i in fit], _PENALTIES)
    goal = np.concatenate([wanted[i] for i in held])
    guesses = np.concatenate([shown[i] for i in held])
    missed = [float(((guesses @ weights - goal) ** 2 / goal.var(0)).mean()) for weights in maps]
    return float(_PENALTIES[int(np.argmin(missed))])


def _maps(
    shown: Sequence[np.ndarray], wanted: Sequence[np.ndarray], penalties: Sequence[float] | np.ndarray
) -> Iterator[np.ndarray]:
    """The ridge regression [Z, 3] of each penalty; clips' means are of no account."""
    width = shown[0].shape[1]
    square, product = np.zeros((width, width)), np.zeros((width, wanted[0].shape[1]))
    for clip, goal in zip(shown, wanted, strict=True):
        square += clip.T @ clip
        product += clip.T @ goal
    size = np.trace(square) / width
    for penalty in penalties:
        yield solve(square + penalty * size * np.eye(width), product, assume_a="pos")
