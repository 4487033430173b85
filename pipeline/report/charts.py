"""The charts of the report and of a comparison: histograms, a map of directions, scatter plots, as inline SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.colors import to_rgba_array

from pipeline.report.axes import Axis, round_values
from pipeline.report.svg import ACCENT, ACCEPTED, CARD, MUTED, REJECTED, SOFT, TEXT, Drawing, in_style
from pipeline.text import count, number, plural, share

MOST_DOTS = 400
"""Points of a scatter plot that are drawn one by one."""

_MAP, _MAP_TICKS = 360, {20.0: 10, 30.0: 10, 45.0: 15, 60.0: 20, 90.0: 30}
_SIDE, _CELLS = 204, 40
_ROOM = (8.0, 13.0)
"""Pixels across and up within which two numbers beside dots would cover each other."""


@in_style
def histogram(accepted: np.ndarray, others: np.ndarray, axis: Axis, unit: str, label: str) -> Markup:
    """A histogram of values [N] of accepted clips, with those of the other clips stacked on top."""
    drawing = Drawing((260, 180), (34, 8, 22, 42), label)
    ours, theirs = axis.count(accepted), axis.count(others)
    edges = axis.edges()
    wide = edges[1] - edges[0]
    for at in np.flatnonzero(ours + theirs).tolist():
        title = f"{_bin_name(axis, edges, at)}: {_who(ours[at], theirs[at])}"
        bars = ((ours[at], 0, "accepted", ACCEPTED), (theirs[at], ours[at], "rejected", REJECTED))
        for held, below, kind, colour in bars:
            if held:
                bar = drawing.axes.bar(edges[at] + wide / 2, held, 0.92 * wide, below, color=colour)
                drawing.name(bar.patches[0], f"bar {kind}", [title])
    if len(accepted):
        middle = float(np.clip(np.median(accepted), axis.low, axis.high))
        drawing.name(drawing.axes.axvline(middle, color=TEXT, dashes=(3, 2)), "median")
    counts = round_values(0, max(1, (ours + theirs).max()), 4, whole=True)
    drawing.axes.set(xlim=(axis.low, axis.high), ylim=(0, counts[-1]))
    drawing.axes.set_xticks(*axis.ticks())
    drawing.axes.set_yticks(counts, [count(at) for at in counts])
    drawing.axes.grid(axis="y")
    drawing.axes.set_title("clips", x=-0.15)
    drawing.axes.set_xlabel(unit)
    return drawing.markup()


@in_style
def direction_map(frames: np.ndarray, clips: np.ndarray, reach: float, bin_size: float, label: str) -> Markup:
    """A map of directions (theta, phi) in degrees: share of `frames` [N, 2] by shade, main ones of `clips` as dots.

    The picture is drawn as the camera sees the person: theta > 0, the image's left, is on the left, phi > 0 is up.
    Directions beyond `reach` are counted in the outermost cells.
    """
    drawing = Drawing((_MAP + 60, _MAP + 52), (48, 12, 8, 44), label)
    axes = drawing.axes
    axes.set(xlim=(reach, -reach), ylim=(-reach, reach), facecolor=SOFT)

    def cell_title(theta: float, phi: float, held: int) -> str:
        return f"theta {number(theta)}°, phi {number(phi)}°: {share(held, len(frames))} of the frames"

    edges = np.linspace(-reach, reach, round(2 * reach / bin_size) + 1)
    _density(drawing, np.clip(frames, -reach, reach), edges, cell_title)
    axes.axvline(0, color=MUTED, linewidth=0.6)
    axes.axhline(0, color=MUTED, linewidth=0.6)
    _dots(drawing, np.clip(clips, -reach, reach), REJECTED, "dot")
    step = _MAP_TICKS[reach]
    ticks = np.arange(-(reach // step), reach // step + 1) * step
    words = [f"{number(at)}°" for at in ticks]
    axes.set_xticks(ticks, words)
    axes.set_yticks(ticks, words)
    axes.tick_params(axis="x", pad=9)
    axes.set_xlabel("← image's left, theta, image's right →")
    axes.set_ylabel("phi, up →")
    return drawing.markup()


@in_style
def scatter_plot(
    points: np.ndarray, names: Sequence[str], far: Sequence[int], axis: Axis, unit: str, label: str
) -> Markup:
    """Points [N, 2] as dots along one axis for both, A to the right and B up, with the line on which they are equal.

    Of more than `MOST_DOTS` points the density is drawn, and as dots only those at `far`, which are numbered from 1.
    Points beyond the axis are drawn at its end.
    """
    drawing = Drawing((_SIDE + 58, _SIDE + 62), (48, 10, 20, 42), label)
    axes = drawing.axes
    axes.set(xlim=(axis.low, axis.high), ylim=(axis.low, axis.high), facecolor=SOFT)
    axes.set_xticks(*axis.ticks(5))
    axes.set_yticks(*axis.ticks(5))
    axes.grid()
    axes.tick_params(axis="x", length=0, pad=8)
    ends = (axis.low, axis.high)
    drawing.name(axes.plot(ends, ends, color=MUTED, dashes=(4, 3))[0], "same")
    places = np.clip(points, axis.low, axis.high)
    titles = [f"{name}: A {number(a)}, B {number(b)}" for name, (a, b) in zip(names, points, strict=True)]
    if len(points) > MOST_DOTS:
        edges = np.linspace(axis.low, axis.high, _CELLS + 1)
        _density(drawing, places, edges, lambda a, b, held: f"{count(held)} of {plural(len(points), 'clip')}")
    else:
        near = [at for at in range(len(points)) if at not in far]
        _dots(drawing, places[near], ACCENT, "point", [titles[at] for at in near], 0.75)
    _dots(drawing, places[list(far)], REJECTED, "point apart", [titles[at] for at in far])
    _numbers(drawing, places[list(far)])
    axes.set_xlabel(f"A, {unit}")
    axes.set_ylabel(f"B, {unit}")
    return drawing.markup()


def _dots(
    drawing: Drawing,
    places: np.ndarray,
    colour: str,
    kind: str,
    titles: Sequence[str] = (),
    opacity: float | None = None,
) -> None:
    if not len(places):
        return
    dots = drawing.axes.scatter(
        places[:, 0], places[:, 1], s=7.2**2, color=colour, alpha=opacity, edgecolor=CARD, linewidth=0.8, zorder=3
    )
    drawing.name(dots, kind, titles)


def _density(
    drawing: Drawing, points: np.ndarray, edges: np.ndarray, title: Callable[[float, float, int], str]
) -> None:
    """Square cells shaded by how many of the points [N, 2] lie in them; `title` says their middle and their count."""
    grid = np.histogramdd(points, (edges, edges))[0].astype(int)
    held = grid[grid > 0]
    if not len(held):
        return
    middles = edges[np.argwhere(grid)] + (edges[1] - edges[0]) / 2
    shades = to_rgba_array(ACCENT).repeat(len(held), 0)
    shades[:, 3] = 0.1 + 0.9 * np.sqrt(held / held.max())
    side = drawing.axes.get_window_extent().width / (len(edges) - 1) - 0.4
    cells = drawing.axes.scatter(middles[:, 0], middles[:, 1], s=side**2, c=shades, marker="s", linewidth=0, zorder=1)
    drawing.name(
        cells, "heat", [title(x, y, each) for (x, y), each in zip(middles.tolist(), held.tolist(), strict=True)]
    )


def _numbers(drawing: Drawing, places: np.ndarray) -> None:
    """1, 2, ... beside these places [N, 2], where they cover neither each other nor another place; else left out."""
    pixels = drawing.axes.transData.transform(places)
    inside = drawing.axes.get_window_extent().padded(-4)
    taken: list[np.ndarray] = []
    for turn, place in enumerate(pixels, 1):
        others = np.array([*taken, *np.delete(pixels, turn - 1, 0)]).reshape(-1, 2)
        for beside in ((9, 0), (-9, 0), (0, 11), (0, -11)):
            spot = place + beside
            if inside.contains(*spot) and not (np.abs(others - spot) < _ROOM).all(1).any():
                taken.append(spot)
                mark = drawing.axes.annotate(
                    str(turn),
                    places[turn - 1],
                    beside,
                    textcoords="offset points",
                    ha="center",
                    va="center",
                    color=TEXT,
                )
                drawing.name(mark, "mark")
                break


def _bin_name(axis: Axis, edges: np.ndarray, at: int) -> str:
    if axis.below and at == 0:
        return f"under {number(edges[1])}"
    if axis.above and at == axis.bins - 1:
        return f"{number(edges[-2])} and more"
    return f"{number(edges[at])} to {number(edges[at + 1])}"


def _who(accepted: int, others: int) -> str:
    words = [f"{count(accepted)} accepted"] if accepted else []
    return ", ".join([*words, f"{count(others)} not accepted"] if others else words)
