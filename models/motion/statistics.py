"""Mean and deviation of what a motion generator is trained on, kept with its weights.

A generator whose statistics are lost makes violent motion of whatever it draws.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from models.motion.space import DISTANCE, GAZE, MotionSpace

_FLOOR = 1e-3
"""The least deviation, in a number's own unit: what does not move is not blown up."""
_GAZE_FLOOR, _DISTANCE_FLOOR, _EMOTION_FLOOR = 1.0, 0.05, 0.05
"""Degrees; times the reference distance; of coefficients up to 1. A set that looks one way is asked for others."""
_VELOCITY_FLOOR = 0.01
"""In units of the motion's own deviation."""


class Standard(nn.Module):
    """Rows [..., C] to mean 0 and deviation 1, and back. Before `fit` it changes nothing."""

    def __init__(self, count: int, floor: float = _FLOOR) -> None:
        super().__init__()
        self.floor = floor
        self.register_buffer("mean", torch.zeros(count))
        self.register_buffer("deviation", torch.ones(count))
        self.mean: torch.Tensor
        self.deviation: torch.Tensor

    def fit(self, sequences: Iterable[torch.Tensor]) -> None:
        """Take mean and deviation of the rows of all sequences [T, C], one after the other."""
        sums = _Sums(self.mean)
        for sequence in sequences:
            sums.add(sequence)
        self._set(sums)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return (values - self.mean) / self.deviation

    def inverse(self, values: torch.Tensor) -> torch.Tensor:
        """Rows in their own units."""
        return values * self.deviation + self.mean

    def _set(self, sums: _Sums) -> None:
        mean, deviation = sums.moments()
        self.mean.copy_(mean)
        self.deviation.copy_(deviation.clamp_min(self.floor))


class MotionStandard(Standard):
    """The same of motions [T, D], but that the deviation is that within a motion: where somebody's head mostly is would
    otherwise be most of it, and how a head moves too little for the last steps of a sampler to tell. And how fast they
    are: velocity [D], the deviation of the standardised motion's steps from frame to frame."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.register_buffer("velocity", torch.ones(count))
        self.velocity: torch.Tensor

    def fit(self, sequences: Iterable[torch.Tensor]) -> None:
        sums, within, steps = (_Sums(self.mean) for _ in range(3))
        for sequence in sequences:
            sums.add(sequence)
            within.add(sequence - sequence.mean(0))
            steps.add(sequence.diff(dim=0))
        self.mean.copy_(sums.moments()[0])
        self.deviation.copy_(within.moments()[1].clamp_min(self.floor))
        _, speed = steps.moments()
        self.velocity.copy_((speed / self.deviation).clamp_min(_VELOCITY_FLOOR))


class Statistics(nn.Module):
    """Of all that enters and leaves the network; each part is fitted by itself."""

    def __init__(self, space: MotionSpace) -> None:
        super().__init__()
        self.motion = MotionStandard(space.motion)
        self.audio = Standard(space.audio)
        self.gaze = Standard(GAZE, _GAZE_FLOOR)
        self.distance = Standard(DISTANCE, _DISTANCE_FLOOR)
        self.emotion = Standard(space.emotion, _EMOTION_FLOOR)


class _Sums:
    """Sums of rows and of their squares in double precision, counted from the first row for the squares to be small."""

    def __init__(self, like: torch.Tensor) -> None:
        self.count = 0
        self.origin = like.new_zeros(like.shape, dtype=torch.float64)
        self.sum, self.squares = self.origin.clone(), self.origin.clone()

    def add(self, rows: torch.Tensor) -> None:
        if not len(rows):
            return
        if not self.count:
            self.origin = rows[0].to(self.origin)
        apart = rows.to(self.origin) - self.origin
        self.count += len(rows)
        self.sum += apart.sum(0)
        self.squares += apart.square().sum(0)

    def moments(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and deviation. Raises ValueError where there were no rows."""
        if not self.count:
            raise ValueError("no rows to take mean and deviation of; give at least one clip, of at least two frames")
        mean = self.sum / self.count
        return self.origin + mean, (self.squares / self.count - mean.square()).clamp_min(0).sqrt()
