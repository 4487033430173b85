"""How well two measurements of the same clips agree, as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import pearsonr, rankdata
from scipy.stats.contingency import crosstab


@dataclass(frozen=True)
class Agreement:
    """Two measurements of one quantity. Differences are B - A. None where there are too few values.

    n: clips with a value in both; only_a, only_b: clips with a value in one alone. pearson, spearman: of two values
    or more, None if either measurement is constant. mean_a, mean_b: over the n.
    """

    n: int
    only_a: int
    only_b: int
    pearson: float | None
    spearman: float | None
    mean_a: float | None
    mean_b: float | None
    mean_difference: float | None
    mean_absolute_difference: float | None


@dataclass(frozen=True)
class Confusion:
    """How often A says one name and B another: `counts` int [N, N], rows A, columns B, both in the order of `names`."""

    names: tuple[str, ...]
    counts: np.ndarray

    @property
    def total(self) -> int:
        """All that were counted."""
        return int(self.counts.sum())

    @property
    def same(self) -> int:
        """Those of which A and B say the same."""
        return int(np.trace(self.counts))

    def cells(self) -> list[tuple[str, str, int]]:
        """(name in A, name in B, how many) of every cell that is not empty, row by row."""
        return [(self.names[i], self.names[j], int(self.counts[i, j])) for i, j in np.argwhere(self.counts)]


@dataclass(frozen=True)
class Together:
    """Pairs of clips: how many of them are one person's in both clusterings, in one alone, in neither."""

    clips: int
    both: int
    only_a: int
    only_b: int
    neither: int

    @property
    def pairs(self) -> int:
        """All pairs of the clips."""
        return self.both + self.only_a + self.only_b + self.neither


def wrapped(degrees: np.ndarray) -> np.ndarray:
    """Differences of angles in degrees, less as many whole turns as leave them within [-180, 180]."""
    return degrees - 360.0 * np.round(degrees / 360.0)


def agreement(a: np.ndarray, b: np.ndarray, angle: bool = False) -> Agreement:
    """Of a [N] and b [N], NaN where there is no value.

    angle: differences are wrapped, and b is correlated from the turn that is nearest to a (179 and -179 are near).
    """
    known_a, known_b = np.isfinite(a), np.isfinite(b)
    both = known_a & known_b
    first, second = a[both].astype(np.float64), b[both].astype(np.float64)
    turns = np.round((second - first) / 360.0) if angle else np.zeros(len(first))
    near = second - 360.0 * turns
    apart = near - first
    some = len(first) > 0
    return Agreement(
        n=len(first),
        only_a=int((known_a & ~known_b).sum()),
        only_b=int((known_b & ~known_a).sum()),
        pearson=correlation(first, near),
        spearman=correlation(rankdata(first), rankdata(near)),
        mean_a=float(first.mean()) if some else None,
        mean_b=float(second.mean()) if some else None,
        mean_difference=float(apart.mean()) if some else None,
        mean_absolute_difference=float(np.abs(apart).mean()) if some else None,
    )


def correlation(a: np.ndarray, b: np.ndarray) -> float | None:
    """Pearson's of a [N] and b [N]; None for fewer than two values or a constant."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(pearsonr(a, b).statistic)


def confusion(a: Sequence[str], b: Sequence[str], order: Iterable[str]) -> Confusion:
    """Of a [N] and b [N]: names that occur, in the order of `order`; names that are not in it follow."""
    there = {*a, *b}
    names = tuple(name for name in dict.fromkeys([*order, *sorted(there)]) if name in there)
    return Confusion(names, crosstab(a, b, levels=(names, names)).count)


def together(a: Sequence[str], b: Sequence[str]) -> Together:
    """Of the clusters a [N] and b [N] that each clip is in."""
    if not len(a):
        return Together(0, 0, 0, 0, 0)
    cells = crosstab(a, b, sparse=True).count
    both, all_a, all_b, all_pairs = (
        _pairs(np.asarray(sizes)) for sizes in (cells.data, cells.sum(axis=1), cells.sum(axis=0), cells.sum())
    )
    return Together(len(a), both, all_a - both, all_b - both, all_pairs - all_a - all_b + both)


def _pairs(sizes: np.ndarray) -> int:
    """Pairs of clips within groups of these sizes."""
    return int((sizes * (sizes - 1) // 2).sum())
