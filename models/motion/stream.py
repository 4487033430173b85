"""A transformer over the frames of a window and those before it: one for all of a motion, or one for each part."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from models.motion.blocks import Block
from models.motion.conditions import Conditions

_REACH = 5
"""Frames of sound that the convolution before the blocks sees at once."""
_SPREAD = 0.02
"""Deviation of empty tokens and positions before training, as usual in transformers."""


class Stream(nn.Module):
    """A token a frame: K of the previous window, then W of this one. A frame's motion and its sound are added to one.

    Each of A, X_pre and A_pre has a learned token for where it is empty. A code modulates the blocks.

    seen: numbers of a frame's motion that it is told. told: how many it predicts. sound: from features [..., A] to
    tokens [..., width]. smooth: what it predicts is averaged over neighbouring frames (`smoothed`).
    """

    def __init__(
        self,
        seen: int,
        told: int,
        sound: nn.Module,
        width: int,
        layers: int,
        heads: int,
        frames: int,
        dropout: float,
        smooth: bool = False,
    ) -> None:
        super().__init__()
        self.seen, self.smooth = seen, smooth
        self.motion = nn.Linear(seen, width)
        self.previous_motion = nn.Linear(seen, width)
        self.audio = sound
        self.audio_around = nn.Conv1d(width, width, _REACH, padding=_REACH // 2)
        self.empty = nn.ParameterDict({name: small(width) for name in ("audio", "previous_motion", "previous_audio")})
        self.position = small(frames, width)
        self.blocks = nn.ModuleList(Block(width, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, told)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, noisy: torch.Tensor, code: torch.Tensor, conditions: Conditions) -> torch.Tensor:
        """What it predicts of x0 [N, W, told], of x_t [N, W, D], whose first `seen` numbers it looks at; code
        [N, width]."""
        return self.predicted(noisy, self.given(conditions), self.modulations(code), conditions.frames)

    def given(self, conditions: Conditions) -> torch.Tensor:
        """What of the tokens [N, K + W, width] conditions decide: all but x_t."""
        before = self.previous_motion(conditions.previous_motion[..., : self.seen])
        before = chosen(conditions.has_previous, before, self.empty["previous_motion"])
        sound = self._sound(conditions)
        return sound + F.pad(before, (0, 0, 0, conditions.frames.shape[1])) + self.position[: sound.shape[1]]

    def modulations(self, codes: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """What codes [..., width] say to each block, [..., 6 width]."""
        acted = F.silu(codes)
        return tuple(block.modulation(acted) for block in self.blocks)  # type: ignore[operator, union-attr]

    def predicted(
        self,
        noisy: torch.Tensor,
        given: torch.Tensor,
        modulations: Sequence[torch.Tensor],
        frames: torch.Tensor,
        full: bool = False,
    ) -> torch.Tensor:
        """`forward` by what `given` and `modulations` said. frames [N, W]: which are no padding; full: all of them, and
        attention needs no mask."""
        previous = given.shape[1] - noisy.shape[1]
        seen = None if full else _with_previous(frames, previous)[:, None, None]
        tokens = given + F.pad(self.motion(noisy[..., : self.seen]), (0, 0, previous, 0))
        for block, modulation in zip(self.blocks, modulations, strict=True):
            tokens = block.modulated(tokens, modulation, seen)  # type: ignore[operator, union-attr]
        x0 = self.out(self.norm(tokens[:, previous:]))
        return smoothed(x0, frames) if self.smooth else torch.as_tensor(x0)

    def _sound(self, conditions: Conditions) -> torch.Tensor:
        """A_pre and A as tokens [N, K + W, width]."""
        before = chosen(conditions.has_previous, self.audio(conditions.previous_audio), self.empty["previous_audio"])
        now = chosen(conditions.has_audio, self.audio(conditions.audio), self.empty["audio"])
        there = _with_previous(conditions.frames, before.shape[1])
        sound = torch.cat([before, now], 1) * there[..., None]
        return sound + F.gelu(self.audio_around(sound.transpose(1, 2)).transpose(1, 2))


def smoothed(values: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
    """Values [N, W, C] averaged over three frames, the middle one counting twice, of those that `frames` [N, W] has."""
    weights = values.new_tensor([1, 2, 1])
    there = frames.to(values)[:, None]  # [N, 1, W]
    kernel = weights.expand(values.shape[2], 1, -1)
    total = F.conv1d(values.transpose(1, 2) * there, kernel, padding=1, groups=values.shape[2])
    return (total / F.conv1d(there, weights[None, None], padding=1).clamp_min(1)).transpose(1, 2)


class Sound(nn.Sequential):
    """Features of sound [..., A] to tokens [..., width]."""

    def __init__(self, audio: int, width: int) -> None:
        super().__init__(nn.Linear(audio, width), nn.GELU(), nn.Linear(width, width))


class WeakSound(nn.Module):
    """The same through a few numbers, to which noise is added while it learns.

    By all of its features the sound of a training's windows can be told from each other, and how a head moves would be
    remembered with it: for people not seen it would then hardly move, and always alike.
    """

    def __init__(self, audio: int, width: int, numbers: int, noise: float) -> None:
        super().__init__()
        self.noise = noise
        self.few, self.token = nn.Linear(audio, numbers), nn.Linear(numbers, width)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        few = torch.tanh(self.few(features))
        if self.training:
            few = few + self.noise * torch.randn_like(few)
        return torch.as_tensor(self.token(few))


def chosen(there: torch.Tensor, said: torch.Tensor, empty: torch.Tensor) -> torch.Tensor:
    """Tokens [N, ..., width] where `there`, [N] or as far as it goes, and the empty one [width] elsewhere."""
    there = there.reshape(there.shape + (1,) * (said.ndim - there.ndim))
    return torch.where(there, said, empty.to(said.dtype))


def small(*shape: int) -> nn.Parameter:
    """A parameter that says next to nothing before training."""
    return nn.Parameter(_SPREAD * torch.randn(shape))


def _with_previous(frames: torch.Tensor, previous: int) -> torch.Tensor:
    """Which of the tokens [N, K + W] are no padding."""
    return F.pad(frames, (previous, 0), value=True)
