"""Stage sync by SyncNet: by how many frames a clip's sound is late, from its lips and cepstral coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.ndimage import median_filter

from models.evaluation.syncnet import FRAMES, SIZE
from models.evaluation.syncnet_offset import HOPS, SyncNetEmbeddings, distances, nearest, stretch
from models.runtime.image import bounds, cut, similarity
from models.speech.mfcc import mfcc
from models.sync.offset import SHORTEST
from models.weights.registry import weights
from stages.clip import Clip, Outcome, Resources, Track
from stages.labels.sound import sound_of_frames
from stages.labels.sound_offset import SoundOffsetStage

_AT_ONCE = 20
"""Windows that travel together: 3.6 MB."""
_MEDIAN, _ROOM = 13, 0.4
"""Frames over which boxes are smoothed; what is shown beside a box and below it, over half its side."""


@dataclass(frozen=True)
class SyncNetOffset(SoundOffsetStage):
    """Adds sound_offset and sync, its confidence: by how much the mean distance of lips and sound is lower at that
    offset than at the median of all. Clips without sound and those shorter than 1.6 s have neither column.

    scale: side of the face's box over the height of its landmarks. lift: how far its middle is above theirs, over the
    same height. So boxes lie where SCRFD's do (eight clips); the published evaluation takes those of another detector.
    What follows is done alike: boxes are smoothed over 13 frames, and get room beside and below.
    """

    scale: float = 1.15
    lift: float = 0.05

    name: ClassVar[str] = "sync"
    variant: ClassVar[str] = "syncnet"
    profile: ClassVar[str] = "paper"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources(cpus=1, gpus=0.1)
    weights: ClassVar[tuple[str, ...]] = ("syncnet",)
    batch: ClassVar[int] = 4

    def model(self) -> SyncNetEmbeddings:
        return SyncNetEmbeddings(weights(self.weights[0]).path())

    def items(self, clip: Clip) -> list[np.ndarray]:
        track, sounds = clip.tracked(), sound_of_frames(clip)
        count = len(track.times) - FRAMES
        if not sounds or len(track.times) < SHORTEST:
            return []
        coefficients = mfcc(np.round(np.clip(sounds[0], -1, 1) * 32767))
        faces = self._faces(track)
        return [
            stretch(faces[first : last + FRAMES - 1], coefficients[HOPS * first : HOPS * (last + FRAMES - 1)])
            for first, last in ((at, min(at + _AT_ONCE, count)) for at in range(0, count, _AT_ONCE))
        ]

    def finish(self, clip: Clip, answers: Sequence[np.ndarray]) -> Outcome:
        if not answers:
            return self.told(clip, None)
        faces, sound = np.concatenate(answers).transpose(1, 0, 2)
        return self.told(clip, nearest(distances(faces, sound)))

    def _faces(self, track: Track) -> np.ndarray:
        """The face of every frame with what is around it, uint8 BGR [T, 224, 224, 3]."""
        low, high = (np.stack(each) for each in zip(*map(bounds, track.landmarks[:, :, :2]), strict=True))
        height = high[:, 1] - low[:, 1]
        half = self.scale * height / 2
        middle = (low + high) / 2 - np.outer(self.lift * height, [0, 1])
        half, x, y = (median_filter(each, _MEDIAN, mode="nearest") for each in (half, *middle.T))
        out = np.empty((len(half), SIZE, SIZE, 3), np.uint8)
        for index, (crop, matrix) in enumerate(zip(track.crops, track.crop_matrix, strict=True)):
            at = matrix[:, :2] @ [x[index], y[index] + _ROOM * half[index]] + matrix[:, 2]
            side = 2 * (1 + _ROOM) * half[index] * matrix[0, 0]
            out[index] = cut(crop, similarity(at, side, 0.0, SIZE), SIZE)[..., ::-1]
        return out
