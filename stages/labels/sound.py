"""A clip's sound as long as its frames, for networks that give a row of features a frame."""

from __future__ import annotations

import numpy as np

from stages.clip import AUDIO_RATE, FPS, Clip

_FRAME = AUDIO_RATE // FPS


def sound_of_frames(clip: Clip) -> list[np.ndarray]:
    """The clip's sound as long as its frames: float32 [T * 640]; nothing without a sound track."""
    return [] if clip.sound is None else [as_long(clip.sound, int(clip.columns["frames"]))]


def as_long(sound: np.ndarray, frames: int) -> np.ndarray:
    """A sound [S] at 16 kHz, cut or zero-padded to so many frames: float32 [frames * 640]."""
    out = np.zeros(frames * _FRAME, np.float32)
    part = sound[: len(out)]
    out[: len(part)] = part
    return out
