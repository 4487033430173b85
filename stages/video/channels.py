"""The sides of a sound track: how loud each is, and whether their mean is silent."""

from __future__ import annotations

import av
import numpy as np
from av.audio.frame import AudioFrame

CANCELLED = 0.4
"""Sides cancel each other out when the power of their mean is less than this share of one side alone's.

As a share of what one of N sides alone would leave of its power in the mean of all: 1 for one side, or for sides that
have nothing in common, N for sides in phase, 0 for two that are each other's opposite.
"""


class Levels:
    """The power of the sides of a track and of their mean, over the frames that were noted."""

    def __init__(self) -> None:
        self._powers: np.ndarray | None = None
        self._mean = 0.0

    def noted(self, frame: AudioFrame | None) -> AudioFrame | None:
        """The same frame, its levels taken note of."""
        if frame is not None and frame.layout.nb_channels > 1:
            samples = sides(frame)
            powers = np.square(samples).sum(1, dtype=np.float64)
            if self._powers is None or len(self._powers) != len(powers):
                self._powers, self._mean = np.zeros(len(powers)), 0.0
            self._powers += powers
            self._mean += float(np.square(samples.mean(0)).sum(dtype=np.float64))
        return frame

    @property
    def cancel(self) -> bool:
        """Whether the sides cancel each other out."""
        if self._powers is None or not self._powers.any():
            return False
        count = len(self._powers)
        return self._mean * count < CANCELLED * float(self._powers.mean())

    @property
    def loudest(self) -> int:
        """The number of the loudest side."""
        return 0 if self._powers is None else int(self._powers.argmax())


def sides(frame: AudioFrame) -> np.ndarray:
    """Samples of a frame by side, float32 [C, S] in -1 to 1."""
    samples = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    if samples.dtype.kind == "f":
        return samples.astype(np.float32, copy=False)
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128) / 128
    return samples.astype(np.float32) / 2.0 ** (8 * samples.dtype.itemsize - 1)


def only(frame: AudioFrame | None, side: int) -> AudioFrame | None:
    """The frame with that one of its sides alone, as mono."""
    if frame is None or frame.layout.nb_channels <= side:
        return frame
    alone = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(sides(frame)[side : side + 1]), format="fltp", layout="mono"
    )
    alone.sample_rate, alone.pts = frame.sample_rate, frame.pts
    if frame.time_base is not None:
        alone.time_base = frame.time_base
    return alone
