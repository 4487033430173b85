"""Stage emotion by HSEmotion: the paper's eight coefficients, averaged over the clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from models.emotion.hsemotion import CLASSES, SIZES, HSEmotion
from models.weights.registry import weights
from stages.batched import BatchedStage
from stages.clip import FPS, Clip, Resources
from stages.labels.aligned import face_square


@dataclass(frozen=True)
class HsEmotion(BatchedStage):
    """Adds `emotion`: class probabilities averaged over sampled frames.

    network: b0 or b2, the EfficientNet in the file; it decides the size of the faces. per_second: frames looked at
    per second. scale: side of the square shown to the network over the face's height. lift: how far the square lies
    above the landmarks' middle, over the same height.

    Probabilities are averaged, not logits as in the package's demo: the column then means what it means in
    stages/labels/emotion.py, the coefficients add up to 1, and a frame of large logits counts no more than another.
    Valence and arousal, which some files give too, are left out.

    The demo cuts the box of the same 468 landmarks and stretches it to a square. Here the square is as high as that
    box, the face keeps its proportions and its eyes are level.
    """

    network: str = "b0"
    per_second: float = 2.0
    scale: float = 1.0
    lift: float = 0.0

    name: ClassVar[str] = "emotion"
    variant: ClassVar[str] = "hsemotion"
    profile: ClassVar[str] = "paper"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources(cpus=1, gpus=0.05)
    weights: ClassVar[tuple[str, ...]] = ("hsemotion",)
    columns: ClassVar[pa.Schema] = pa.schema([("emotion", pa.struct([(name, pa.float32()) for name in CLASSES]))])
    batch: ClassVar[int] = 32

    def __post_init__(self) -> None:
        if self.network not in SIZES:
            raise ValueError(f"no network {self.network!r} of HSEmotion; there are: {', '.join(SIZES)}")

    def model(self) -> HSEmotion:
        return HSEmotion(weights(self.weights[0]).path(), network=self.network)

    def items(self, clip: Clip) -> list[np.ndarray]:
        track = clip.tracked()
        step = max(1, round(FPS / self.per_second))
        size = SIZES[self.network]
        return [face_square(track, i, self.scale, size, self.lift) for i in range(0, len(track.times), step)]

    def finish(self, clip: Clip, answers: Sequence[np.ndarray]) -> Clip:
        mean = np.stack(answers).mean(0)
        return clip.add(emotion={name: float(share) for name, share in zip(CLASSES, mean, strict=True)})
