"""The pictures of one test as they were read, beside what was wanted of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from pipeline.evaluation.faces.observer import Reading
from pipeline.evaluation.metrics import within_clips

Kind = Literal["pose", "expression", "openings"]
"""Axes of pose: pitch, yaw, roll; of expression: mouth, blink, smile; of openings: lips, lids."""


@dataclass
class Predictions:
    """What is known of the pictures of one test, in lists that run alike: pictures, their clip, what was wanted."""

    group: list[int] = field(default_factory=list)
    wanted: list[Reading] = field(default_factory=list)
    found: list[Reading] = field(default_factory=list)

    def add(self, group: int, wanted: Sequence[Reading], found: Sequence[Reading]) -> None:
        self.group += [group] * len(found)
        self.wanted += wanted
        self.found += found

    def correlation(self, kind: Kind, axis: int) -> float | None:
        return within_clips.within_clip_correlation(*self._pair(kind, axis), np.array(self.group))

    def away(self, kind: Kind, axis: int) -> float | None:
        return within_clips.away(*self._pair(kind, axis))

    def slope(self, axis: int) -> float | None:
        return within_clips.slope(*self._pair("pose", axis), np.array(self.group))

    def deviation(self, kind: Kind, axis: int) -> float | None:
        return within_clips.deviation(self._pair(kind, axis)[1], np.array(self.group))

    def amplitude(self, kind: Kind, axis: int) -> float | None:
        return within_clips.amplitude(*self._pair(kind, axis), np.array(self.group))

    def even(self, kind: Kind, axis: int, low: float, high: float) -> float | None:
        """Per cent of clips whose amplitude lies within [low, high]."""
        each = within_clips.amplitudes(*self._pair(kind, axis), np.array(self.group))
        return within_clips.average(100.0 * ((each >= low) & (each <= high)))

    def seen(self) -> float | None:
        """Per cent of pictures with a face."""
        return within_clips.average(100.0 * np.array([each.found for each in self.found], np.float64))

    def _pair(self, kind: Kind, axis: int) -> tuple[np.ndarray, np.ndarray]:
        lists = (self.wanted, self.found)
        wanted, found = (np.array([getattr(each, kind)[axis] for each in readings], np.float64) for readings in lists)
        return wanted, found
