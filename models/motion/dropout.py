"""Conditions dropped at random while training, as in VASA-1: so that guidance has an empty one to compare with."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from models.motion.conditions import CONDITIONS, Conditions


@dataclass(frozen=True)
class ConditionDropout:
    """How often conditions are dropped, each by itself.

    each: A, g, d and e. previous: X_pre and A_pre, together, as before a first window. tail: the last frames of A, as
    where sound ends within a window; from one to `longest_tail` of the window's frames. The paper has .1 and .5 and
    says of A that its last few frames are dropped at random: how often and how many is this project's choice.
    """

    each: float = 0.1
    previous: float = 0.5
    tail: float = 0.2
    longest_tail: float = 0.5

    def __call__(self, conditions: Conditions, generator: torch.Generator) -> Conditions:
        """The conditions with some of them empty. generator: on the CPU; equal states drop equally."""
        device, count = conditions.frames.device, len(conditions.frames)
        for name in CONDITIONS:
            chance = self.previous if name == "previous" else self.each
            kept = (torch.rand(count, generator=generator) >= chance).to(device)
            conditions = conditions.only_where(name, kept[:, None] if name == "audio" else kept)
        return conditions.only_where("audio", self._before_tail(conditions.frames, generator))

    def _before_tail(self, frames: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Which frames [N, W] come before the tail that is dropped."""
        drawn = torch.rand(2, len(frames), generator=generator).to(frames.device)
        lengths = frames.sum(1)
        tail = 1 + (drawn[0] * (self.longest_tail * lengths).floor()).floor()
        end = torch.where(drawn[1] < self.tail, lengths - tail, lengths)
        return torch.arange(frames.shape[1], device=frames.device) < end[:, None]
