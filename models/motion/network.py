"""The transformer encoder H of VASA-1, section 3.2: from a noised motion and its conditions to x0."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from models.motion.blocks import Block, StepCode
from models.motion.conditions import Conditions
from models.motion.presets import MotionPreset
from models.motion.space import DISTANCE, GAZE, MotionSpace

_REACH = 5
"""Frames of sound that the convolution before the blocks sees at once."""
_SPREAD = 0.02
"""Deviation of empty tokens and positions before training, as usual in transformers."""


class MotionTransformer(nn.Module):
    """A token a frame: K of the previous window, then W of this one. A frame's motion and its sound are added to one.

    t, g, d and e modulate the blocks. Each of A, g, d, e, X_pre, A_pre has a learned token for where it is empty.
    """

    def __init__(self, preset: MotionPreset, space: MotionSpace) -> None:
        super().__init__()
        self.preset, self.space = preset, space
        width = preset.width
        self.motion = nn.Linear(space.motion, width)
        self.previous_motion = nn.Linear(space.motion, width)
        self.audio = nn.Sequential(nn.Linear(space.audio, width), nn.GELU(), nn.Linear(width, width))
        self.audio_around = nn.Conv1d(width, width, _REACH, padding=_REACH // 2)
        self.step = StepCode(width)
        self.gaze = nn.Linear(GAZE, width)
        self.distance = nn.Linear(DISTANCE, width)
        self.emotion = nn.Linear(space.emotion, width)
        names = ("audio", "previous_motion", "previous_audio", "gaze", "distance", "emotion")
        self.empty = nn.ParameterDict({name: _small(width) for name in names})
        self.position = _small(preset.previous + preset.window, width)
        self.blocks = nn.ModuleList(Block(width, preset.heads, preset.dropout) for _ in range(preset.layers))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, space.motion)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, noisy: torch.Tensor, t: torch.Tensor, conditions: Conditions) -> torch.Tensor:
        """x0 [N, W, D] of x_t [N, W, D] at steps t [N]; windows may be shorter than the preset's.

        What is said of frames that are padding has no meaning, and no frame sees them. Raises ValueError where shapes
        are not the preset's and the space's.
        """
        self._check(noisy, conditions)
        previous = self.preset.previous
        there = F.pad(conditions.frames, (previous, 0), value=True)  # [N, K + W]
        before = self.previous_motion(conditions.previous_motion)
        before = _chosen(conditions.has_previous, before, self.empty["previous_motion"])
        motion = torch.cat([before, self.motion(noisy)], 1)
        tokens = motion + self._sound(conditions, there) + self.position[: there.shape[1]]
        code = self.step(t) + self._controls(conditions)
        for block in self.blocks:
            tokens = block(tokens, code, there[:, None, None])
        return torch.as_tensor(self.out(self.norm(tokens[:, previous:])))

    def _sound(self, conditions: Conditions, there: torch.Tensor) -> torch.Tensor:
        """A_pre and A as tokens [N, K + W, width]."""
        before = _chosen(conditions.has_previous, self.audio(conditions.previous_audio), self.empty["previous_audio"])
        now = _chosen(conditions.has_audio, self.audio(conditions.audio), self.empty["audio"])
        sound = torch.cat([before, now], 1) * there[..., None]
        return sound + F.gelu(self.audio_around(sound.transpose(1, 2)).transpose(1, 2))

    def _controls(self, conditions: Conditions) -> torch.Tensor:
        """g, d and e as one code [N, width]."""
        gaze = _chosen(conditions.has_gaze, self.gaze(conditions.gaze), self.empty["gaze"])
        distance = _chosen(conditions.has_distance, self.distance(conditions.distance), self.empty["distance"])
        emotion = _chosen(conditions.has_emotion, self.emotion(conditions.emotion), self.empty["emotion"])
        return gaze + distance + emotion

    def _check(self, noisy: torch.Tensor, conditions: Conditions) -> None:
        count, window, _ = noisy.shape
        space, previous = self.space, self.preset.previous
        if window > self.preset.window:
            raise ValueError(f"a window of {window} frames; this network takes at most {self.preset.window}")
        expected = {
            "motion": (noisy, (count, window, space.motion)),
            "audio": (conditions.audio, (count, window, space.audio)),
            "previous_motion": (conditions.previous_motion, (count, previous, space.motion)),
            "previous_audio": (conditions.previous_audio, (count, previous, space.audio)),
            "emotion": (conditions.emotion, (count, space.emotion)),
        }
        for name, (found, shape) in expected.items():
            if found.shape != shape:
                raise ValueError(
                    f"{name} is {list(found.shape)}, this network takes {list(shape)}; give it the windows and the "
                    "latents that it was trained on"
                )


def _chosen(there: torch.Tensor, said: torch.Tensor, empty: torch.Tensor) -> torch.Tensor:
    """Tokens [N, ..., width] where `there`, [N] or as far as it goes, and the empty one [width] elsewhere."""
    there = there.reshape(there.shape + (1,) * (said.ndim - there.ndim))
    return torch.where(there, said, empty.to(said.dtype))


def _small(*shape: int) -> nn.Parameter:
    return nn.Parameter(_SPREAD * torch.randn(shape))
