"""The rule that tells one speaker from several: how many faces the sampled frames show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.detection.blazeface import Detections


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


class FaceCounter:
    """Counts the faces of a clip that is followed. samples: how many frames of the whole clip are sampled."""

    def __init__(self, count: FaceCount, samples: float) -> None:
        self.count, self._samples = count, samples

    def push(self, found: Detections, box: np.ndarray | None) -> None:
        """Take the next sampled frame's faces; box: (x, y, height) of the followed face, [3], if it is seen."""
        main = None
        if box is not None and len(found):
            middle = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
            main = float(found.widths[np.argmin(np.linalg.norm(middle - box[:2], axis=1))])
        self.count = self.count.add(found.widths, main)

    @property
    def crowded(self) -> bool:
        """Whether the frames so far make it several faces, whatever the rest shows."""
        return sum(n > 1 for n in self.count.counts) > max(2.0, self.count.share * (self._samples + 1))
