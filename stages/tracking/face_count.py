"""The rule that tells one speaker from several: how many faces the sampled frames show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class FaceCount:
    """Faces seen in sampled frames so far.

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
