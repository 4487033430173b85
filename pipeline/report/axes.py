"""Axes of the charts: ranges and steps a person would have chosen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pipeline.text import number


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
        if not len(values):
            return np.zeros(self.bins, int)
        place = np.floor((values - self.low) / (self.high - self.low) * self.bins)
        return np.bincount(np.clip(place, 0, self.bins - 1).astype(int), minlength=self.bins)


def fixed(low: float, high: float, bins: int = 20) -> Axis:
    """The axis of a quantity whose range is known."""
    return Axis(low, high, bins)


def from_zero(values: np.ndarray, bins: int = 20) -> Axis:
    """An axis from 0 to a round number that holds 99 % of `values` [N], all of them if few."""
    reach = _reach(values)
    step = nice(reach / bins)
    used = min(bins, max(1, math.ceil(round(reach / step, 6))))
    high = used * step
    return Axis(0.0, high, used, below=bool((values < 0).any()), above=bool((values > high).any()))


def around_zero(values: np.ndarray, bins: int = 20) -> Axis:
    """An axis symmetric about 0 to a round number that holds 99 % of `values` [N], all of them if few."""
    half = from_zero(np.abs(values), bins // 2)
    return Axis(
        -half.high, half.high, 2 * half.bins, bool((values < -half.high).any()), bool((values > half.high).any())
    )


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Up to `most` round numbers from `low` to `high`."""
    step = nice((high - low) / max(1, most - 1))
    first = math.ceil(round(low / step, 6))
    last = math.floor(round(high / step, 6))
    return [round(at * step, 10) for at in range(first, last + 1)]


def marks(axis: Axis, most: int = 6) -> list[tuple[float, str]]:
    """Up to `most` round values of an axis and how they are written; an end bin that holds more says so."""
    shown = ticks(axis.low, axis.high, most)
    out = []
    for at in shown:
        text = number(at)
        if axis.below and at == axis.low:
            text = "≤" + text
        if axis.above and at == shown[-1] and np.isclose(at, axis.high):
            text = "≥" + text
        out.append((at, text))
    return out


def nice(step: float) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that is at least `step` (1 if `step` is not positive)."""
    if not step > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= step * (1 - 1e-9))


def _reach(values: np.ndarray) -> float:
    """The largest value to show: all of a few, 99 % of many."""
    if not len(values):
        return 1.0
    top = float(np.max(values))
    most = float(np.percentile(values, 99))
    return (most if top > 1.5 * most and len(values) > 50 else top) or 1.0
