"""Scatter plots of two measurements of one quantity, and which clips they disagree about most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from pipeline.compare.labels import Compared
from pipeline.evaluation.metrics.agreement import Agreement, wrapped
from pipeline.report.charts import scatter_plot
from pipeline.text import number

_MOST_APART = 3


@dataclass(frozen=True)
class Apart:
    """A clip about which A and B disagree more than about most: its mark in the plot, its name, its two values."""

    mark: str
    clip: str
    a: str
    b: str


@dataclass(frozen=True)
class Scatter:
    """A plot with its heading, what it is about, two lines of figures; `chart` is None with nothing to draw."""

    title: str
    about: str
    line: str
    chart: Markup | None
    apart: tuple[Apart, ...]


def scatter(label: Compared, found: Agreement, a: np.ndarray, b: np.ndarray, clips: Sequence[str]) -> Scatter:
    """Values of A [N] and B [N], NaN for none, of clips with these names [N]; the furthest apart are marked."""
    both = np.isfinite(a) & np.isfinite(b)
    names = [name for name, known in zip(clips, both, strict=True) if known]
    points = np.column_stack([a[both], b[both]])
    if not len(points):
        return Scatter(label.title, label.about, _nowhere(found), None, ())
    steps = points[:, 1] - points[:, 0]
    far = _furthest(np.abs(wrapped(steps) if label.angle else steps))
    chart = scatter_plot(
        points, names, far, label.axis(points.ravel()), label.unit, f"Scatter plot: {label.title}, A by B"
    )
    apart = tuple(
        Apart(str(turn), names[at], number(points[at, 0]), number(points[at, 1])) for turn, at in enumerate(far, 1)
    )
    return Scatter(label.title, label.about, _figures(found), chart, apart)


def _furthest(apart: np.ndarray) -> list[int]:
    """The places of the largest differences [N], at most a quarter of them, those of 0 left out."""
    most = min(_MOST_APART, math.ceil(len(apart) / 4))
    return [int(at) for at in np.argsort(-apart, kind="stable")[:most] if apart[at] > 0]


def _figures(found: Agreement) -> str:
    r = "" if found.pearson is None else f"r {found.pearson:.2f}, ".replace("-", "−")
    apart = f"B − A {number(found.mean_difference, 2)}, |B − A| {number(found.mean_absolute_difference, 2)}"
    return r + apart


def _nowhere(found: Agreement) -> str:
    if not found.only_a + found.only_b:
        return "neither has a value"
    return f"no clip has a value in both; {found.only_a:,} in A alone, {found.only_b:,} in B alone"
