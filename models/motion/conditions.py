"""What motion is generated under: C = [X_pre, A_pre; A, g, d, e] of VASA-1, and which of it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import torch

from models.motion.presets import MotionPreset
from models.motion.space import DISTANCE, GAZE, MotionSpace

CONDITIONS = ("audio", "gaze", "distance", "emotion", "previous")
"""The conditions that can be empty by themselves; X_pre and A_pre are one, for a first window lacks both."""


@dataclass(frozen=True)
class Conditions:
    """Of a batch of windows, standardised; where a condition is empty its numbers are not read, but must be finite.

    audio [N, W, A], has_audio [N, W]: A, and of which frames there is sound. previous_motion [N, K, D], previous_audio
    [N, K, A], has_previous [N]: X_pre and A_pre. gaze [N, 2], has_gaze [N]: g. distance [N, 1], has_distance [N]: d.
    emotion [N, E], has_emotion [N]: e. frames [N, W]: which frames the window has; the others, at its end, are padding.
    has_* and frames are boolean.
    """

    audio: torch.Tensor
    has_audio: torch.Tensor
    previous_motion: torch.Tensor
    previous_audio: torch.Tensor
    has_previous: torch.Tensor
    gaze: torch.Tensor
    has_gaze: torch.Tensor
    distance: torch.Tensor
    has_distance: torch.Tensor
    emotion: torch.Tensor
    has_emotion: torch.Tensor
    frames: torch.Tensor

    @classmethod
    def empty(cls, space: MotionSpace, preset: MotionPreset, count: int) -> Conditions:
        """Of `count` full windows, with nothing said of any of them."""
        window, previous = preset.window, preset.previous
        none = torch.zeros(count, dtype=torch.bool)
        return cls(
            audio=torch.zeros(count, window, space.audio),
            has_audio=torch.zeros(count, window, dtype=torch.bool),
            previous_motion=torch.zeros(count, previous, space.motion),
            previous_audio=torch.zeros(count, previous, space.audio),
            has_previous=none,
            gaze=torch.zeros(count, GAZE),
            has_gaze=none,
            distance=torch.zeros(count, DISTANCE),
            has_distance=none,
            emotion=torch.zeros(count, space.emotion),
            has_emotion=none,
            frames=torch.ones(count, window, dtype=torch.bool),
        )

    def has(self, name: str) -> torch.Tensor:
        """Where one of CONDITIONS is there: [N, W] of audio, [N] of the others."""
        found: torch.Tensor = getattr(self, f"has_{name}")
        return found

    def only_where(self, name: str, kept: torch.Tensor) -> Conditions:
        """These, with one of CONDITIONS empty but where `kept`, of the shape of `has`."""
        changed: dict[str, Any] = {f"has_{name}": self.has(name) & kept}
        return replace(self, **changed)

    def without(self, name: str) -> Conditions:
        """These, with one of CONDITIONS empty."""
        return self.only_where(name, torch.zeros_like(self.has(name)))

    def at(self, index: torch.Tensor | slice) -> Conditions:
        """Those of the windows at these places of the batch."""
        return self._of_each(lambda part: part[index])

    def to(self, device: torch.device) -> Conditions:
        return self._of_each(lambda part: part.to(device))

    def _of_each(self, change: Callable[[torch.Tensor], torch.Tensor]) -> Conditions:
        return Conditions(*(change(getattr(self, each.name)) for each in fields(self)))


def joined(batches: Sequence[Conditions]) -> Conditions:
    """One batch of several."""
    return Conditions(*(torch.cat([getattr(each, part.name) for each in batches]) for part in fields(Conditions)))
