"""Axes of the charts: ranges and bins a person would have chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from pipeline.text import number

_ROUND = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Axis:
    """Equal bins from `low` to `high`. The end bins also hold what lies beyond, if `below` or `above` say so."""

    low: float
    high: float
    bins: int
    below: bool = False
    above: bool = False

    def edges(self) -> np.ndarray:
        """The borders of the bins [bins + 1]."""
        return np.linspace(self.low, self.high, self.bins + 1)

    def count(self, values: np.ndarray) -> np.ndarray:
        """How many of `values` [N] fall in each bin, int [bins]; values beyond an end fall in the end bin."""
        return np.histogram(np.clip(values, self.low, self.high), self.bins, (self.low, self.high))[0]

    def ticks(self, most: int = 6) -> tuple[Sequence[float], Sequence[str]]:
        """Up to `most` round values and how they are written; an end bin that holds more says so."""
        found = round_values(self.low, self.high, most - 1)
        at = found[(found >= self.low) & (found <= self.high)]
        words = [number(value) for value in at]
        if self.below and at[0] == self.low:
            words[0] = "≤" + words[0]
        if self.above and np.isclose(at[-1], self.high):
            words[-1] = "≥" + words[-1]
        return at.tolist(), words


def round_values(low: float, high: float, steps: int, whole: bool = False) -> np.ndarray:
    """Values at equal distances, at most `steps` of them, that reach from `low` or less to `high` or more."""
    return np.asarray(MaxNLocator(steps, steps=_ROUND, integer=whole).tick_values(low, high))


def fixed(low: float, high: float, bins: int = 20) -> Axis:
    """The axis of a quantity whose range is known."""
    return Axis(low, high, bins)


def from_zero(values: np.ndarray, bins: int = 20) -> Axis:
    """An axis from 0 to a round number that holds 99 % of `values` [N], all of them if few."""
    edges = round_values(0, _reach(values), bins)
    high = float(edges[-1])
    return Axis(0.0, high, len(edges) - 1, below=bool((values < 0).any()), above=bool((values > high).any()))


def around_zero(values: np.ndarray, bins: int = 20) -> Axis:
    """An axis symmetric about 0 to a round number that holds 99 % of `values` [N], all of them if few."""
    half = from_zero(np.abs(values), bins // 2)
    return Axis(
        -half.high, half.high, 2 * half.bins, bool((values < -half.high).any()), bool((values > half.high).any())
    )


def _reach(values: np.ndarray) -> float:
    """The largest value to show, 1 where there is none: all of a few, 99 % of many."""
    if not len(values):
        return 1.0
    top = float(np.max(values))
    most = float(np.percentile(values, 99))
    reach = most if top > 1.5 * most and len(values) > 50 else top
    return reach if reach > 1e-9 else 1.0
