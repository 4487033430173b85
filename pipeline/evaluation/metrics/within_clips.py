"""Does a quantity follow what it should, within clips? Values are [N], NaN where none; `group` [N] says whose clip.

Means of each clip are taken away first, so that a method earns nothing by knowing who is who.
"""

from __future__ import annotations

import numpy as np

from pipeline.evaluation.metrics.agreement import correlation

_STILL = 1e-6
"""Deviations below this are rounding."""


def within_clip_correlation(wanted: np.ndarray, found: np.ndarray, group: np.ndarray) -> float | None:
    """Correlation of both within clips, pooled; 0 where `found` stands still, None where nothing else is wanted."""
    known = np.isfinite(wanted) & np.isfinite(found)
    a, b = within(wanted[known], group[known]), within(found[known], group[known])
    if _spread(a) < _STILL:
        return None
    return 0.0 if _spread(b) < _STILL else correlation(a, b)


def slope(wanted: np.ndarray, found: np.ndarray, group: np.ndarray) -> float | None:
    """How much is found for each unit wanted, within clips: 1 is right; None where nothing else is wanted."""
    known = np.isfinite(wanted) & np.isfinite(found)
    a, b = within(wanted[known], group[known]), within(found[known], group[known])
    return None if _spread(a) < _STILL else float((a @ b) / (a @ a))


def deviation(values: np.ndarray, group: np.ndarray) -> float | None:
    """Standard deviation within clips, pooled."""
    known = np.isfinite(values)
    spread = _spread(within(values[known], group[known]))
    return (0.0 if spread < _STILL else spread) if known.any() else None


def amplitude(wanted: np.ndarray, found: np.ndarray, group: np.ndarray) -> float | None:
    """The deviation within clips of what is found over that of what is wanted, of values known of both; None where
    nothing else is wanted."""
    known = np.isfinite(wanted) & np.isfinite(found)
    asked = _spread(within(wanted[known], group[known]))
    return None if asked < _STILL else _spread(within(found[known], group[known])) / asked


def amplitudes(wanted: np.ndarray, found: np.ndarray, group: np.ndarray) -> np.ndarray:
    """The same of each clip [C] of which at least half as much is wanted as of all: a mouth that is hardly asked to
    move tells nothing."""
    all_of_it = deviation(wanted, group) or 0.0
    parts = [group == each for each in np.unique(group)]
    asked = [part for part in parts if (deviation(wanted[part], group[part]) or 0.0) >= max(all_of_it / 2, _STILL)]
    found_each = [amplitude(wanted[part], found[part], group[part]) for part in asked]
    return np.array([each for each in found_each if each is not None])


def away(wanted: np.ndarray, found: np.ndarray) -> float | None:
    """The mean absolute difference."""
    return average(np.abs(found - wanted))


def average(values: np.ndarray) -> float | None:
    """The mean of those that are known."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def within(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Values less the mean of their group."""
    if not len(values):
        return values
    _, place, count = np.unique(group, return_inverse=True, return_counts=True)
    return values - (np.bincount(place, values) / count)[place]


def _spread(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2))) if len(values) else 0.0
