"""Charts as inline SVG: every text is escaped, every colour comes from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup, escape

from pipeline.report.axes import Axis, nice, ticks
from pipeline.report.wording import count, number, share

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
    parts.append(_text(2, 10, "clips", "small"))
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
        parts.append(_titled(f"{_bin_name(axis, edges, at)}: {_who(mine, other)}", bars))
    if len(accepted):
        along = (float(np.median(accepted)) - axis.low) / (axis.high - axis.low)
        x = _LEFT + wide * min(max(along, 0.0), 1.0)
        parts.append(Markup('<line class="median" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>').format(_r(x), _TOP, floor))
    parts.append(_x_axis(axis, wide, floor))
    parts.append(_text(_LEFT + wide / 2, _HEIGHT - 5, unit, "middle small"))
    return _svg(_WIDTH, _HEIGHT, label, parts)


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
    parts = [_rect(_MAP_LEFT, _MAP_TOP, size, size, "ground")]
    most = grid.max(initial=0)
    for row, column in np.argwhere(grid):
        held = int(grid[row, column])
        shade = 0.08 + 0.92 * math.sqrt(held / most)
        theta, phi = reach - (column + 0.5) * bin_size, reach - (row + 0.5) * bin_size
        cell = _rect(_MAP_LEFT + column * side, _MAP_TOP + row * side, side - 0.4, side - 0.4, "heat", shade)
        title = f"theta {number(theta)}°, phi {number(phi)}°: {share(held, len(frames))} of the frames"
        parts.append(_titled(title, cell))
    middle = (_MAP_LEFT + size / 2, _MAP_TOP + size / 2)
    parts.append(_line(middle[0], _MAP_TOP, middle[0], _MAP_TOP + size, "cross"))
    parts.append(_line(_MAP_LEFT, middle[1], _MAP_LEFT + size, middle[1], "cross"))
    for theta, phi in np.clip(clips, -reach, reach).tolist():
        x, y = middle[0] - theta / reach * size / 2, middle[1] - phi / reach * size / 2
        parts.append(Markup('<circle class="dot" cx="{}" cy="{}" r="3.4"/>').format(_r(x), _r(y)))
    step = _TICKS.get(reach, reach / 3)
    for mark in range(-math.floor(reach / step), math.floor(reach / step) + 1):
        at = mark * step
        along = at / reach * size / 2
        parts.append(_text(middle[0] - along, _MAP_TOP + size + 19, f"{number(at)}°", "middle"))
        parts.append(_text(_MAP_LEFT - 6, middle[1] - along + 3.5, f"{number(at)}°", "end"))
    bottom = _MAP_TOP + size + 38
    parts.append(_text(_MAP_LEFT, bottom, "← image's left", "small"))
    parts.append(_text(middle[0], bottom, "theta", "middle small"))
    parts.append(_text(_MAP_LEFT + size, bottom, "image's right →", "end small"))
    parts.append(
        Markup('<text class="middle small" transform="translate(11 {}) rotate(-90)">phi, up →</text>').format(
            _r(middle[1])
        )
    )
    return _svg(_MAP, round(bottom + 6), label, parts)


def _svg(width: int, height: int, label: str, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        width, height, label, Markup().join(parts)
    )


def _x_axis(axis: Axis, wide: float, floor: float) -> Markup:
    out = _line(_LEFT, floor, _LEFT + wide, floor, "axis")
    shown = ticks(axis.low, axis.high, 6)
    for at in shown:
        x = _LEFT + wide * (at - axis.low) / (axis.high - axis.low)
        text = number(at)
        if axis.below and at == axis.low:
            text = "≤" + text
        if axis.above and at == shown[-1] and np.isclose(at, axis.high):
            text = "≥" + text
        out += _line(x, floor, x, floor + 3, "axis") + _text(x, floor + 17, text, "middle")
    return out


def _rules(marks: Sequence[tuple[float, str]]) -> Markup:
    """Faint horizontal lines with their values on the left."""
    out = Markup()
    for y, text in marks:
        out += _line(_LEFT, y, _WIDTH - _RIGHT, y, "rule") + _text(_LEFT - 6, y + 3.5, text, "end")
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


def _titled(title: str, inner: Markup) -> Markup:
    return Markup("<g><title>{}</title>{}</g>").format(title, inner)


def _bar(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    return _rect(x, y, width, height, f"bar {kind}")


def _rect(x: float, y: float, width: float, height: float, kind: str, opacity: float | None = None) -> Markup:
    faint = Markup() if opacity is None else Markup(' fill-opacity="{}"').format(_r(opacity))
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"{}/>').format(
        kind, _r(x), _r(y), _r(width), _r(height), faint
    )


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(kind, _r(x1), _r(y1), _r(x2), _r(y2))


def _text(x: float, y: float, text: str, kind: str) -> Markup:
    return Markup('<text class="{}" x="{}" y="{}">{}</text>').format(kind, _r(x), _r(y), escape(text))


def _r(value: float) -> str:
    """A coordinate, two decimals at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
