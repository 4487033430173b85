"""Small pictures of a clip for the report: a handful a clip, taken while frames stream by."""

from __future__ import annotations

import cv2
import numpy as np

from stages.observations import Thumb
from stages.video.header import VideoHeader
from stages.video.pyav import keyframes
from stages.video.reader import upright

HEIGHT = 180
COUNT = 6


class Thumbs:
    """Takes `COUNT` thumbs at most, spread over the `expected` frames of a clip, while they stream by."""

    def __init__(self, expected: int) -> None:
        self._gap = max(1, expected // COUNT)
        self._frames = 0
        self.taken: list[Thumb] = []

    def push(self, image: np.ndarray) -> None:
        """Take the next frame, uint8 RGB [H, W, 3]."""
        if (self._frames + self._gap // 2) % self._gap == 0 and len(self.taken) < COUNT:
            self.taken.append(thumb(self._frames, image))
        self._frames += 1


def thumb(index: int, image: np.ndarray) -> Thumb:
    """The thumb of frame `index`, uint8 RGB [H, W, 3]; a very wide frame is less high."""
    scale = min(HEIGHT / image.shape[0], 4 * HEIGHT / image.shape[1])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return Thumb(index, cv2.resize(image, size, interpolation=interpolation), scale)


def key_thumbs(path: str, header: VideoHeader, start_s: float, end_s: float, count: int = 3) -> tuple[Thumb, ...]:
    """Thumbs of the first key frames of a clip that never came to be tracked."""
    out = []
    for time, image in keyframes(path, header, start_s, end_s):
        out.append(thumb(round((time - start_s) * 25), upright(image, header)))
        if len(out) == count:
            break
    return tuple(out)
