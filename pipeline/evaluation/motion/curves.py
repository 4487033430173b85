"""The picture of an evaluation: how far mouths open and where heads turn, real and generated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from catalogs import storage
from stages.clip import FPS

_WIDE, _HIGH, _DPI = 7.0, 1.7, 110
_REAL, _MADE = "#222222", "#2f7ed8"


@dataclass(frozen=True)
class Curves:
    """Of a clip: opening [T] in cm as it was seen and as samples have it, from its mean; yaw [T] in degrees."""

    name: str
    opening: np.ndarray
    openings: Sequence[np.ndarray]
    yaw: np.ndarray
    yaws: Sequence[np.ndarray]


def write_curves(curves: Sequence[Curves], path: Path) -> Path:
    """Write a PNG with a row a clip: the mouth on the left, the head on the right; real black, samples blue."""
    figure = Figure(figsize=(2 * _WIDE, _HIGH * len(curves) + 0.6), layout="constrained")
    cells = figure.subplots(len(curves), 2, squeeze=False)
    for (mouth, head), clip in zip(cells, curves, strict=True):
        for axes, real, samples in ((mouth, clip.opening, clip.openings), (head, clip.yaw, clip.yaws)):
            seconds = np.arange(len(real)) / FPS
            for sample in samples:
                axes.plot(seconds, sample, color=_MADE, linewidth=0.8, alpha=0.7)
            axes.plot(seconds, real, color=_REAL, linewidth=1.2)
            axes.set_xlim(0, len(real) / FPS)
            axes.spines[["top", "right"]].set_visible(False)
        mouth.set_title(clip.name, fontsize="small", loc="left")
    cells[0, 0].set_ylabel("mouth opening, cm")
    cells[0, 1].set_ylabel("yaw, degrees")
    for axes in cells[-1]:
        axes.set_xlabel("seconds; black: real, blue: generated")
    with storage.put(path) as draft:
        figure.savefig(draft, format="png", dpi=_DPI)
    return path
