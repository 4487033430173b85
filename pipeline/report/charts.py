"""Charts as inline SVG: every text is escaped, every colour comes from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from pipeline.report import svg
from pipeline.report.axes import Axis, marks, nice
from pipeline.text import count, number, share

_WIDTH, _HEIGHT = 260, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 8, 22, 42
_MAP, _MAP_LEFT, _MAP_TOP = 420, 48, 8
_TICKS = {20.0: 10, 30.0: 10, 45.0: 15, 60.0: 20, 90.0: 30}


def histogram(accepted: np.ndarray, others: np.ndarray, axis: Axis, unit: str, label: str) -> Markup:
    """A histogram of values [N] of accepted clips, with those of the other clips stacked on top."""
    ours, theirs = axis.count(accepted), axis.count(others)
    most = max(1, int((ours + theirs).max()))
    step = _count_step(most)
    top = step * math.ceil(most / step)
    wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    floor = _TOP + high
    parts = [_rules([(floor - high * at / top, count(at)) for at in range(0, top + 1, step)])]
    parts.append(svg.text(2, 10, "clips", "small"))
    edges = axis.edges()
    slot = wide / axis.bins
    for at, (mine, other) in enumerate(zip(ours.tolist(), theirs.tolist(), strict=True)):
        if not mine + other:
            continue
        x, width = _LEFT + at * slot + 0.5, max(slot - 1, 0.5)
        bottom, middle = high * mine / top, high * (mine + other) / top
        bars = _bar(x, floor - bottom, width, bottom, "accepted") if mine else Markup()
        if other:
            bars += _bar(x, floor - middle, width, middle - bottom, "rejected")
        parts.append(svg.titled(f"{_bin_name(axis, edges, at)}: {_who(mine, other)}", bars))
    if len(accepted):
        along = (float(np.median(accepted)) - axis.low) / (axis.high - axis.low)
        x = _LEFT + wide * min(max(along, 0.0), 1.0)
        parts.append(svg.line(x, _TOP, x, floor, "median"))
    parts.append(_x_axis(axis, wide, floor))
    parts.append(svg.text(_LEFT + wide / 2, _HEIGHT - 5, unit, "middle small"))
    return svg.drawing(_WIDTH, _HEIGHT, label, parts)


def direction_map(frames: np.ndarray, clips: np.ndarray, reach: float, bin_size: float, label: str) -> Markup:
    """A map of directions (theta, phi) in degrees: share of `frames` [N, 2] by shade, main ones of `clips` as dots.

    The picture is drawn as the camera sees the person: theta > 0, the image's left, is on the left, phi > 0 is up.
    Directions beyond `reach` are counted in the outermost cells.
    """
    cells = round(2 * reach / bin_size)
    size = _MAP - _MAP_LEFT - 12
    inside = np.clip(frames, -reach + 1e-6, reach - 1e-6)
    grid = np.zeros((cells, cells), int)
    place = np.floor((reach - inside) / bin_size).astype(int)
    np.add.at(grid, (place[:, 1], place[:, 0]), 1)
    side = size / cells
    parts = [svg.rect(_MAP_LEFT, _MAP_TOP, size, size, "ground")]
    most = grid.max(initial=0)
    for row, column in np.argwhere(grid):
        held = int(grid[row, column])
        shade = 0.08 + 0.92 * math.sqrt(held / most)
        theta, phi = reach - (column + 0.5) * bin_size, reach - (row + 0.5) * bin_size
        cell = svg.rect(_MAP_LEFT + column * side, _MAP_TOP + row * side, side - 0.4, side - 0.4, "heat", shade)
        title = f"theta {number(theta)}°, phi {number(phi)}°: {share(held, len(frames))} of the frames"
        parts.append(svg.titled(title, cell))
    middle = (_MAP_LEFT + size / 2, _MAP_TOP + size / 2)
    parts.append(svg.line(middle[0], _MAP_TOP, middle[0], _MAP_TOP + size, "cross"))
    parts.append(svg.line(_MAP_LEFT, middle[1], _MAP_LEFT + size, middle[1], "cross"))
    for theta, phi in np.clip(clips, -reach, reach).tolist():
        x, y = middle[0] - theta / reach * size / 2, middle[1] - phi / reach * size / 2
        parts.append(svg.dot(x, y, 3.4, "dot"))
    step = _TICKS.get(reach, reach / 3)
    for mark in range(-math.floor(reach / step), math.floor(reach / step) + 1):
        at = mark * step
        along = at / reach * size / 2
        parts.append(svg.text(middle[0] - along, _MAP_TOP + size + 19, f"{number(at)}°", "middle"))
        parts.append(svg.text(_MAP_LEFT - 6, middle[1] - along + 3.5, f"{number(at)}°", "end"))
    bottom = _MAP_TOP + size + 38
    parts.append(svg.text(_MAP_LEFT, bottom, "← image's left", "small"))
    parts.append(svg.text(middle[0], bottom, "theta", "middle small"))
    parts.append(svg.text(_MAP_LEFT + size, bottom, "image's right →", "end small"))
    parts.append(svg.upright(11, middle[1], "phi, up →", "middle small"))
    return svg.drawing(_MAP, round(bottom + 6), label, parts)


def _x_axis(axis: Axis, wide: float, floor: float) -> Markup:
    out = svg.line(_LEFT, floor, _LEFT + wide, floor, "axis")
    for at, mark in marks(axis):
        x = _LEFT + wide * (at - axis.low) / (axis.high - axis.low)
        out += svg.line(x, floor, x, floor + 3, "axis") + svg.text(x, floor + 17, mark, "middle")
    return out


def _rules(values: Sequence[tuple[float, str]]) -> Markup:
    """Faint horizontal lines with their values on the left."""
    out = Markup()
    for y, words in values:
        out += svg.line(_LEFT, y, _WIDTH - _RIGHT, y, "rule") + svg.text(_LEFT - 6, y + 3.5, words, "end")
    return out


def _count_step(most: int) -> int:
    """The step of whole numbers that takes about four of them to reach `most`."""
    return max(1, math.ceil(nice(most / 4)))


def _bin_name(axis: Axis, edges: np.ndarray, at: int) -> str:
    if axis.below and at == 0:
        return f"under {number(edges[1])}"
    if axis.above and at == axis.bins - 1:
        return f"{number(edges[-2])} and more"
    return f"{number(edges[at])} to {number(edges[at + 1])}"


def _who(accepted: int, others: int) -> str:
    words = [f"{count(accepted)} accepted"] if accepted else []
    return ", ".join([*words, f"{count(others)} not accepted"] if others else words)


def _bar(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    return svg.rect(x, y, width, height, f"bar {kind}")
