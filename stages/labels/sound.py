"""A clip's sound as long as its frames, for networks that give a row of features a frame."""

from __future__ import annotations

import numpy as np

from stages.clip import AUDIO_RATE, FPS, Clip

_FRAME = AUDIO_RATE // FPS


def sound_of_frames(clip: Clip) -> list[np.ndarray]:
    """The clip's sound, cut or zero-padded to its frames: float32 [T * 640]; nothing without a sound track."""
    if clip.sound is None:
        return []
    sound = np.zeros(int(clip.columns["frames"]) * _FRAME, np.float32)
    part = clip.sound[: len(sound)]
    sound[: len(part)] = part
    return [sound]
