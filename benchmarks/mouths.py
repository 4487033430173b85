"""How much of a mouth's motion a ridge regression tells from features of the sound, for people it was not fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.evaluation.metrics.agreement import correlation
from pipeline.evaluation.metrics.mouth import MOUTH
from pipeline.evaluation.metrics.sound_regression import SoundRegression

FOLDS = 5
_SHIFTS = 10


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
        tell = SoundRegression.fit([features[i] for i in others], [_centred(wanted[i]) for i in others], judge)
        for i in np.flatnonzero(fold == each):
            found[i] = tell(features[i])
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


def _correlations(wanted: np.ndarray, found: np.ndarray) -> list[float]:
    return [correlation(wanted[:, k], found[:, k]) or 0.0 for k in range(wanted.shape[1])]


def _lag(wanted: np.ndarray, found: np.ndarray) -> int:
    """Frames by which what is found comes late, where it is likest."""
    inner = wanted[_SHIFTS:-_SHIFTS]
    likeness = [correlation(inner, found[k : k + len(inner)]) or 0.0 for k in range(2 * _SHIFTS + 1)]
    return int(np.argmax(likeness)) - _SHIFTS


def _centred(values: np.ndarray) -> np.ndarray:
    return values - values.mean(0)
