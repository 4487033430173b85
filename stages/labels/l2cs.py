"""Stage gaze by L2CS-Net: where the eyes look, per frame and as the clip's main direction (`gaze_directions`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from models.gaze.l2cs import L2CS
from models.runtime.image import bounds, cut, similarity
from models.weights.registry import weights
from stages.batched import BatchedStage
from stages.clip import Clip, Resources, Track
from stages.labels.gaze_directions import COLUMNS, sampled_frames, to_vectors, with_gaze

SIDE = 224
"""Of the faces shown, in pixels: the network was trained on faces of this size enlarged to twice it."""


@dataclass(frozen=True)
class L2csGaze(BatchedStage):
    """Adds gaze [T, 2] (theta, phi) and the main direction.

    every: frames between two looks; the angles between are interpolated. scale: side of the square shown over the
    longer side of the landmarks' box, in whose middle it lies. steady_s, jump, bin, min_share: as in
    stages/labels/gaze.py.

    The square is upright, not turned with the head, as the network learned it; so its answer is in the camera frame.
    Its training faces were cut by dlib's square boxes, 0.90 of the landmarks' side in the median of 23 of our clips,
    its own pipeline takes a detector's higher boxes, 1.18 high and 0.83 wide (SCRFD's, 19 clips), and squeezes them
    into a square: `scale` lies between.
    """

    every: int = 3
    scale: float = 1.0
    steady_s: float = 0.28
    jump: float = 7.0
    bin: float = 5.0
    min_share: float = 0.35

    name: ClassVar[str] = "gaze"
    variant: ClassVar[str] = "l2cs"
    profile: ClassVar[str] = "paper"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources(cpus=1, gpus=0.2)
    weights: ClassVar[tuple[str, ...]] = ("l2cs",)
    columns: ClassVar[pa.Schema] = COLUMNS
    batch: ClassVar[int] = 32

    def model(self) -> L2CS:
        return L2CS(weights(self.weights[0]).path())

    def items(self, clip: Clip) -> list[np.ndarray]:
        track = clip.tracked()
        return [upright_face(track, i, self.scale) for i in sampled_frames(len(track.times), self.every)]

    def finish(self, clip: Clip, answers: Sequence[np.ndarray]) -> Clip:
        looked = sampled_frames(len(clip.tracked().times), self.every)
        seen = to_vectors(np.stack(answers))
        return with_gaze(clip, seen, looked, self.steady_s, self.jump, self.bin, self.min_share)


def upright_face(track: Track, index: int, scale: float) -> np.ndarray:
    """The face of frame `index`, uint8 RGB [224, 224, 3], its sides along the frame's, cut from the stable crop."""
    low, high = bounds(track.crop_landmarks(index))
    side = float((high - low).max())
    return cut(track.crops[index], similarity((low + high) / 2, side * scale, 0.0, SIDE), SIDE)
