"""Scatter plots of two measurements of one quantity, and which clips they disagree about most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from pipeline.compare.labels import Compared
from pipeline.evaluation.metrics.agreement import Agreement, wrapped
from pipeline.report import svg
from pipeline.report.axes import Axis, marks
from pipeline.text import number, plural

_SIDE, _LEFT, _RIGHT, _TOP, _BOTTOM = 204, 48, 10, 20, 42
_MOST_DOTS, _CELLS = 400, 40
_MOST_APART = 3
_ROOM, _LETTER = (8.0, 13.0), "1"


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
    chart = plot(points, names, far, label.axis(points.ravel()), label.unit, f"Scatter plot: {label.title}, A by B")
    apart = tuple(
        Apart(str(turn), names[at], number(points[at, 0]), number(points[at, 1])) for turn, at in enumerate(far, 1)
    )
    return Scatter(label.title, label.about, _figures(found), chart, apart)


def plot(
    points: np.ndarray, names: Sequence[str], far: Sequence[int], axis: Axis, unit: str, description: str
) -> Markup:
    """Points [N, 2] as dots along one axis for both, A to the right and B up, with the line on which they are equal.

    Of many points the density is drawn, and as dots only those at `far`, which are numbered from 1. Points beyond the
    axis are drawn at its end.
    """
    floor, right = _TOP + _SIDE, _LEFT + _SIDE
    along = np.clip((points - axis.low) / (axis.high - axis.low), 0, 1)
    places = np.column_stack([_LEFT + _SIDE * along[:, 0], floor - _SIDE * along[:, 1]])
    parts = [svg.rect(_LEFT, _TOP, _SIDE, _SIDE, "ground"), _scales(axis)]
    parts.append(svg.line(_LEFT, floor, right, _TOP, "same"))
    crowded = len(points) > _MOST_DOTS
    if crowded:
        parts.append(_density(along, len(points)))
    for at in range(len(points)) if not crowded else ():
        if at not in far:
            parts.append(_dot(places[at], points[at], names[at], "point"))
    parts += [_dot(places[at], points[at], names[at], "point apart") for at in far]
    parts += _numbers(places[list(far)])
    parts.append(svg.text(_LEFT + _SIDE / 2, floor + 36, f"A, {unit}", "middle small"))
    parts.append(svg.upright(9, _TOP + _SIDE / 2, f"B, {unit}", "middle small"))
    return svg.drawing(_LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BOTTOM, description, parts)


def _scales(axis: Axis) -> Markup:
    """Faint lines with their values below and on the left."""
    out = Markup()
    floor, right = _TOP + _SIDE, _LEFT + _SIDE
    for at, words in marks(axis, 5):
        step = _SIDE * (at - axis.low) / (axis.high - axis.low)
        out += svg.line(_LEFT + step, _TOP, _LEFT + step, floor, "rule")
        out += svg.line(_LEFT, floor - step, right, floor - step, "rule")
        out += svg.text(_LEFT + step, floor + 17, words, "middle") + svg.text(
            _LEFT - 6, floor - step + 3.5, words, "end"
        )
    return out


def _dot(place: np.ndarray, point: np.ndarray, name: str, kind: str) -> Markup:
    title = f"{name}: A {number(point[0])}, B {number(point[1])}"
    return svg.titled(title, svg.dot(place[0], place[1], 3.6, kind))


def _density(along: np.ndarray, total: int) -> Markup:
    """Cells shaded by the points [N, 2] in them; coordinates from 0 to 1."""
    grid = np.zeros((_CELLS, _CELLS), int)
    cell = np.minimum((along * _CELLS).astype(int), _CELLS - 1)
    np.add.at(grid, (cell[:, 0], cell[:, 1]), 1)
    side, most = _SIDE / _CELLS, grid.max()
    out = []
    for column, row in np.argwhere(grid):
        held = int(grid[column, row])
        shade = 0.12 + 0.88 * math.sqrt(held / most)
        x, y = _LEFT + column * side, _TOP + _SIDE - (row + 1) * side
        out.append(svg.titled(f"{held:,} of {plural(total, 'clip')}", svg.rect(x, y, side, side, "heat", shade)))
    return Markup().join(out)


def _numbers(places: np.ndarray) -> list[Markup]:
    """1, 2, ... beside these places [N, 2], where they cover neither each other nor another place; else left out."""
    out: list[Markup] = []
    taken: list[tuple[float, float]] = []
    for turn, (x, y) in enumerate(places.tolist(), 1):
        beside = [(x + 9, y + 4), (x - 9, y + 4), (x, y - 7), (x, y + 15)]
        others = [(px, py + 4) for at, (px, py) in enumerate(places.tolist(), 1) if at != turn]
        free = [spot for spot in beside if _inside(spot) and not any(_near(spot, other) for other in [*taken, *others])]
        if free:
            taken.append(free[0])
            out.append(svg.text(*free[0], str(turn), "middle mark"))
    return out


def _inside(spot: tuple[float, float]) -> bool:
    return _LEFT + 4 < spot[0] < _LEFT + _SIDE - 4 and _TOP + 11 < spot[1] < _TOP + _SIDE - 3


def _near(spot: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(spot[0] - other[0]) < _ROOM[0] and abs(spot[1] - other[1]) < _ROOM[1]


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
