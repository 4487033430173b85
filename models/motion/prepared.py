"""The network told once what it is told at every step of a sampler: its conditions, and which steps there will be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from models.motion.conditions import Conditions
from models.motion.network import MotionTransformer
from models.motion.stream import Stream


@dataclass(frozen=True)
class Prepared:
    """H(., t, C) of one C at the steps of a sampler: what does not depend on x_t is calculated once, for all of them.

    Tokens of sound and of the window before, and what t, g, d and e say to every block, which needs half as many
    weights as the blocks themselves. Where no frame is padding, attention has no mask.
    """

    network: MotionTransformer
    conditions: Conditions
    streams: tuple[_Told, ...]

    @classmethod
    def of(cls, network: MotionTransformer, conditions: Conditions, times: Sequence[float]) -> Prepared:
        """times: the steps t, of all windows alike."""
        steps = network.step(torch.tensor(times, dtype=torch.float32, device=conditions.frames.device))
        codes = steps[:, None] + network.controls(conditions)  # [steps, N, width]
        full = bool(conditions.frames.all())
        streams = [_Told.of(network.face, codes, conditions, full)]
        if network.head is not None:
            streams.insert(0, _Told.of(network.head, network.head_code(codes), conditions, full))
        return cls(network, conditions, tuple(streams))

    def __call__(self, noisy: torch.Tensor, step: int) -> torch.Tensor:
        """x0 [N, W, D] of x_t [N, W, D], t the step at this place of `times`. Raises ValueError as the network."""
        self.network.check(noisy, self.conditions)
        return torch.cat([stream(noisy, step) for stream in self.streams], -1)


@dataclass(frozen=True)
class _Told:
    """A stream and what it was told. modulations: of each block, [steps, N, 6 width]."""

    stream: Stream
    given: torch.Tensor
    modulations: tuple[torch.Tensor, ...]
    frames: torch.Tensor
    full: bool

    @classmethod
    def of(cls, stream: Stream, codes: torch.Tensor, conditions: Conditions, full: bool) -> _Told:
        return cls(stream, stream.given(conditions), stream.modulations(codes), conditions.frames, full)

    def __call__(self, noisy: torch.Tensor, step: int) -> torch.Tensor:
        modulations = [each[step] for each in self.modulations]
        return self.stream.predicted(noisy, self.given, modulations, self.frames, self.full)
