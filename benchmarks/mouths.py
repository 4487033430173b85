"""How much of a mouth's motion a ridge regression tells from features of the sound, for people it was not fitted on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from models.landmarks.head_pose import procrustes
from pipeline.evaluation.metrics.agreement import correlation

MOUTH = ("opening", "width", "jaw")
COMPONENTS, CONTEXT, FOLDS = 96, 8, 5
_SHIFTS = 10
_PENALTIES = 10.0 ** np.arange(-4, 1)
"""Weights of the map's size beside the mean squared error, over the mean variance of what it is shown."""

_INNER_LIPS, _INNER_CORNERS, _JAW = ((13, 14), (82, 87), (312, 317)), (78, 308), (168, 152)


@dataclass(frozen=True)
class Score:
    """Of all clips, each told by a map of other people.

    within: by each of MOUTH, the mean over clips of the correlation within the clip, weighted by length. by_person: of
    the opening, where each person counts once. median: of the opening, over clips. in_time: the share of clips whose
    opening is told best within a frame of when it was.
    """

    within: dict[str, float]
    by_person: float
    median: float
    in_time: float


def mouth(landmarks: np.ndarray) -> np.ndarray:
    """MOUTH [T, 3] in cm of landmarks [T, 468, 3] in any unit: the gap between the inner lips, the distance of their
    corners, and that of the chin from the bridge of the nose, at the canonical face's size."""
    scale = procrustes(landmarks)[1]

    def apart(a: int, b: int) -> np.ndarray:
        return np.linalg.norm(landmarks[:, a] - landmarks[:, b], axis=-1) / scale

    return np.stack([np.mean([apart(*pair) for pair in _INNER_LIPS], 0), apart(*_INNER_CORNERS), apart(*_JAW)], 1)


def folds(people: Sequence[str], lengths: Sequence[int], count: int = FOLDS) -> np.ndarray:
    """The fold [C] of each clip: all of a person's in one, and folds about as long as each other."""
    of = {who: sum(length for other, length in zip(people, lengths, strict=True) if other == who) for who in people}
    held, place = np.zeros(count), {}
    for who in sorted(of, key=lambda who: (-of[who], who)):
        place[who] = int(held.argmin())
        held[place[who]] += of[who]
    return np.array([place[who] for who in people])


def told(features: Sequence[np.ndarray], wanted: Sequence[np.ndarray], fold: np.ndarray) -> list[np.ndarray]:
    """What maps of the other folds' clips make of each clip's features [T, D]: [T, 3], as `wanted` about its mean.

    The features' principal components, with those of the frames around each, go through a ridge regression, whose
    penalty is chosen on one of the other folds. Components, map and penalty come from other folds alone.
    """
    found: list[np.ndarray] = [np.zeros(0)] * len(features)
    for each in np.unique(fold):
        others = np.flatnonzero(fold != each)
        judge = fold[others] == (each + 1) % (fold.max() + 1)
        train = [_centred(wanted[i]) for i in others]
        shown, own = _prepared([features[i] for i in others], [features[i] for i in np.flatnonzero(fold == each)])
        penalty = _best_penalty(shown, train, judge)
        weights = next(_maps(shown, train, [penalty]))
        for i, part in zip(np.flatnonzero(fold == each), own, strict=True):
            found[i] = part @ weights
    return found


def score(wanted: Sequence[np.ndarray], found: Sequence[np.ndarray], people: Sequence[str]) -> Score:
    """How well [T, 3] of clips are told; people: whom each shows."""
    lengths = [len(each) for each in wanted]
    each = np.array([_correlations(a, b) for a, b in zip(wanted, found, strict=True)])
    lags = np.array([_lag(a[:, 0], b[:, 0]) for a, b in zip(wanted, found, strict=True)])
    within = dict(zip(MOUTH, np.average(each, 0, lengths).tolist(), strict=True))
    own = [np.array(people) == who for who in set(people)]
    by_person = float(np.mean([np.average(each[mine, 0], weights=np.array(lengths)[mine]) for mine in own]))
    return Score(within, by_person, float(np.median(each[:, 0])), float((np.abs(lags) <= 1).mean()))


def _prepared(train: Sequence[np.ndarray], test: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Principal components of frames and of those around them, [T, 17 K] float32, of clips that are trained on and of
    others."""
    frames = np.concatenate(train)
    mean, deviation = frames.mean(0), frames.std(0) + 1e-6
    even = (frames - mean) / deviation
    width = even.shape[1]
    kept = max(0, width - COMPONENTS)
    axes = eigh(even.T @ even / len(even), subset_by_index=[kept, width - 1])[1]

    def prepared(clip: np.ndarray) -> np.ndarray:
        parts = (clip - mean) / deviation @ axes
        around = np.pad(parts, ((CONTEXT, CONTEXT), (0, 0)), mode="edge")
        return np.concatenate([around[k : k + len(parts)] for k in range(2 * CONTEXT + 1)], 1).astype(np.float32)

    return [prepared(clip) for clip in train], [prepared(clip) for clip in test]


def _best_penalty(shown: Sequence[np.ndarray], wanted: Sequence[np.ndarray], judge: np.ndarray) -> float:
    """The penalty whose map of the other clips tells those that judge best."""
    fit, held = np.flatnonzero(~judge), np.flatnonzero(judge)
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
    square, product, count = np.zeros((width, width)), np.zeros((width, wanted[0].shape[1])), 0
    for clip, goal in zip(shown, wanted, strict=True):
        square += clip.T @ clip
        product += clip.T @ goal
        count += len(clip)
    values, axes = eigh(square / count)
    turned = axes.T @ product / count
    for penalty in penalties:
        yield axes @ (turned / (values + penalty * values.mean())[:, None])


def _correlations(wanted: np.ndarray, found: np.ndarray) -> list[float]:
    return [correlation(wanted[:, k], found[:, k]) or 0.0 for k in range(wanted.shape[1])]


def _lag(wanted: np.ndarray, found: np.ndarray) -> int:
    """Frames by which what is found comes late, where it is likest."""
    inner = wanted[_SHIFTS:-_SHIFTS]
    likeness = [correlation(inner, found[k : k + len(inner)]) or 0.0 for k in range(2 * _SHIFTS + 1)]
    return int(np.argmax(likeness)) - _SHIFTS


def _centred(values: np.ndarray) -> np.ndarray:
    return values - values.mean(0)
