"""The transformer encoder H of VASA-1, section 3.2: from a noised motion and its conditions to x0."""

from __future__ import annotations

import torch
from torch import nn

from models.motion.blocks import StepCode
from models.motion.conditions import Conditions
from models.motion.presets import MotionPreset
from models.motion.space import DISTANCE, GAZE, POSE, MotionSpace
from models.motion.stream import Sound, Stream, WeakSound, chosen, small


class MotionTransformer(nn.Module):
    """One stream over pose and z_dyn, as in the paper; or, where the preset has a head's, that one for z_dyn, and for
    the pose a narrower one, which sees the pose alone and hears the sound but weakly.

    t, g, d and e modulate the blocks. Each of A, g, d, e, X_pre, A_pre has a learned token for where it is empty.
    """

    def __init__(self, preset: MotionPreset, space: MotionSpace) -> None:
        super().__init__()
        self.preset, self.space = preset, space
        width, frames = preset.width, preset.previous + preset.window
        self.step = StepCode(width)
        self.gaze = nn.Linear(GAZE, width)
        self.distance = nn.Linear(DISTANCE, width)
        self.emotion = nn.Linear(space.emotion, width)
        self.empty = nn.ParameterDict({name: small(width) for name in ("gaze", "distance", "emotion")})
        head = preset.head
        told = space.motion if head is None else space.dynamics
        sound = Sound(space.audio, width)
        self.face = Stream(space.motion, told, sound, width, preset.layers, preset.heads, frames, preset.dropout)
        self.head: Stream | None = None
        if head is not None:
            weak = WeakSound(space.audio, head.width, head.sound, head.noise)
            self.head = Stream(POSE, POSE, weak, head.width, head.layers, head.heads, frames, preset.dropout, True)
            self.head_code = nn.Linear(width, head.width)

    def forward(self, noisy: torch.Tensor, t: torch.Tensor, conditions: Conditions) -> torch.Tensor:
        """x0 [N, W, D] of x_t [N, W, D] at steps t [N]; windows may be shorter than the preset's.

        What is said of frames that are padding has no meaning, and no frame sees them. Raises ValueError as `check`.
        """
        self.check(noisy, conditions)
        code = self.step(t) + self.controls(conditions)
        x0 = self.face(noisy, code, conditions)
        if self.head is not None:
            x0 = torch.cat([self.head(noisy, self.head_code(code), conditions), x0], -1)
        return torch.as_tensor(x0)

    def controls(self, conditions: Conditions) -> torch.Tensor:
        """g, d and e as one code [N, width]."""
        gaze = chosen(conditions.has_gaze, self.gaze(conditions.gaze), self.empty["gaze"])
        distance = chosen(conditions.has_distance, self.distance(conditions.distance), self.empty["distance"])
        emotion = chosen(conditions.has_emotion, self.emotion(conditions.emotion), self.empty["emotion"])
        return gaze + distance + emotion

    def check(self, noisy: torch.Tensor, conditions: Conditions) -> None:
        """Raises ValueError where shapes are not the preset's and the space's."""
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
