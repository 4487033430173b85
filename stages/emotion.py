"""Stage emotion: eight coefficients a clip, in the names of HSEmotion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from models.fer_emotion import CLASSES, SIZE, FerEmotion
from models.image import cut, similarity
from stages.clip import FPS, Clip, Outcome, Resources, Runner, Track

EMOTIONS = ("anger", "contempt", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")


@dataclass(frozen=True)
class Emotion:
    """Adds `emotion`: class probabilities averaged over sampled frames; contempt is null, the model has no such class.

    per_second: frames looked at per second. scale: side of the square shown to the model over the face's height.
    lift: how far the square lies above the landmarks' middle, over the same height: they end below the forehead that
    the model knows. Each face is looked at together with its mirror image, so a mirrored clip has the same emotion.
    """

    per_second: float = 2.0
    scale: float = 1.0
    lift: float = 0.08

    name: ClassVar[str] = "emotion"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ("fer_mini_xception",)
    columns: ClassVar[pa.Schema] = pa.schema([("emotion", pa.struct([(name, pa.float32()) for name in EMOTIONS]))])

    def open(self) -> Runner:
        model = FerEmotion()

        def run(clip: Clip) -> Outcome:
            track = clip.tracked()
            step = max(1, round(FPS / self.per_second))
            faces = [face_square(track, i, self.scale, SIZE, self.lift) for i in range(0, len(track.times), step)]
            looks = [model(view) for face in faces for view in (face, face[:, ::-1])]
            mean = dict(zip(CLASSES, np.mean(looks, axis=0), strict=True))
            return clip.add(emotion={name: float(mean[name]) if name in mean else None for name in EMOTIONS})

        return run


def face_square(track: Track, index: int, scale: float, size: int, lift: float = 0.0) -> np.ndarray:
    """The face of frame `index` [size, size, 3], level, from its crop: see `Emotion` for scale and lift."""
    points = track.crop_landmarks(index)[:, :2]
    low, high = points.min(0), points.max(0)
    dx, dy = points[263] - points[33]
    height = high[1] - low[1]
    middle = (low + high) / 2 - [0, lift * height]
    matrix = similarity(middle, height * scale, float(np.arctan2(dy, dx)), size)
    return cut(track.crops[index], matrix, size)
