"""Stage emotion: eight coefficients a clip, in the names of HSEmotion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from models.emotion.fer import CLASSES, SIZE, FerEmotion
from stages.clip import FPS, Clip, Outcome, Resources, Runner
from stages.labels.aligned import face_square

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
    variant: ClassVar[str] = "fer"
    after: ClassVar[tuple[str, ...]] = ("distance",)
    profile: ClassVar[str] = "open"
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
