"""What a clip carries of what was seen in its frames: faces counted, the picture inside them, small pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

OFF_CENTRE = 4
"""Pixels by which margins around an inner picture may differ: widths are rounded, overlays begin at even columns."""


@dataclass(frozen=True)
class FaceCount:
    """Faces seen in sampled frames so far, and the rule that tells one speaker from several.

    counts: per sampled frame the faces that count, that is the widest and those at least `ratio` times as wide.
    share: a clip shows several faces when at least this share of its sampled frames does.
    """

    ratio: float
    share: float
    counts: tuple[int, ...] = ()

    def add(self, widths: np.ndarray, main: float | None = None) -> FaceCount:
        """With one more sampled frame: face `widths` [N] in pixels; `main`, the followed face's, else the widest."""
        if len(widths) == 0:
            count = 0
        else:
            main = float(np.max(widths)) if main is None else main
            count = max(1, int(np.sum(np.asarray(widths) >= self.ratio * main)))
        return FaceCount(self.ratio, self.share, (*self.counts, count))

    @property
    def most(self) -> int:
        """Most faces seen in one sampled frame."""
        return max(self.counts, default=0)

    @property
    def several_share(self) -> float:
        """Share of the sampled frames with two or more faces."""
        return float(np.mean([n > 1 for n in self.counts])) if self.counts else 0.0

    @property
    def several(self) -> bool:
        """Whether the clip shows several faces."""
        return bool(self.counts) and self.several_share >= self.share

    @property
    def none(self) -> bool:
        """Whether no sampled frame shows a face."""
        return bool(self.counts) and self.most == 0


@dataclass(frozen=True)
class Inset:
    """Where the inner picture lies in a frame: columns `left` to `right` - 1, rows `top` to `bottom` - 1."""

    left: int
    top: int
    right: int
    bottom: int

    def of(self, image: np.ndarray) -> np.ndarray:
        """The inner picture of a frame [H, W, 3], a view."""
        return image[self.top : self.bottom, self.left : self.right]

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the inner picture."""
        return self.bottom - self.top, self.right - self.left

    def fits(self, image: np.ndarray) -> bool:
        """Whether it lies in the middle of frames of this size."""
        height, width = image.shape[:2]
        return abs(self.left + self.right - width) <= OFF_CENTRE and abs(self.top + self.bottom - height) <= OFF_CENTRE


@dataclass(frozen=True)
class Thumb:
    """A frame made small (stages/preview/thumbs.py): `index` at 25 fps, `scale` thumb pixels per frame pixel."""

    index: int
    image: np.ndarray
    scale: float
