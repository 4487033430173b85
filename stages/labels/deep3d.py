"""Stage distance by Deep3DFaceRecon: the paper's measure of how far the face is from the camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from models.landmarks.deep3d import Deep3D
from models.landmarks.deep3d_camera import TRANSLATION, distance_of
from models.landmarks.five_points import SIZE, align, five_points
from models.runtime.image import cut
from models.weights.registry import weights
from stages.batched import BatchedStage
from stages.clip import FPS, Clip, Resources, Track


@dataclass(frozen=True)
class Deep3dDistance(BatchedStage):
    """Adds `distance`, the median over sampled frames of the head's distance.

    1.0: a frontal face as wide as a third of the frame's height; larger is farther, as in stages/labels/distance.py.
    The network sees faces made equally large, so its own distance is multiplied by the scale that made them so.
    per_second: frames looked at per second.
    """

    per_second: float = 2.0

    name: ClassVar[str] = "distance"
    variant: ClassVar[str] = "deep3d"
    profile: ClassVar[str] = "paper"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources(cpus=1, gpus=0.05)
    weights: ClassVar[tuple[str, ...]] = ("deep3d",)
    columns: ClassVar[pa.Schema] = pa.schema([("distance", pa.float32())])
    batch: ClassVar[int] = 64

    def model(self) -> Deep3D:
        return Deep3D(weights(self.weights[0]).path())

    def items(self, clip: Clip) -> list[np.ndarray]:
        track = clip.tracked()
        looked = self._looked(track)
        alignment = align(five_points(track.landmarks[looked]))
        return [aligned(track, index, alignment.matrix(i, track.frame_size[0])) for i, index in enumerate(looked)]

    def finish(self, clip: Clip, answers: Sequence[np.ndarray]) -> Clip:
        track = clip.tracked()
        alignment = align(five_points(track.landmarks[self._looked(track)]))
        distances = distance_of(np.stack(answers)[:, TRANSLATION], alignment.scale, track.frame_size[0])
        return clip.add(distance=float(np.median(distances)))

    def _looked(self, track: Track) -> np.ndarray:
        """Indices of the sampled frames, all of which show the face."""
        return np.flatnonzero(track.present)[:: max(1, round(FPS / self.per_second))]


def aligned(track: Track, index: int, matrix: np.ndarray) -> np.ndarray:
    """The network's view of frame `index`, uint8 RGB [224, 224, 3], `matrix` from frame pixels; cut from the crop.

    Black outside the frame, as the network learned it. The crop of stage track holds the whole view.
    """
    to_crop = np.vstack([track.crop_matrix[index], [0, 0, 1]])
    view = cut(track.crops[index], matrix @ np.linalg.inv(to_crop), SIZE)
    height, width = track.frame_size
    # the frame ends half a pixel beyond the centres of its outer pixels
    ends = np.array([[-0.5, -0.5], [width - 0.5, height - 0.5]]) @ matrix[:, :2].T + matrix[:, 2]
    (left, top), (right, bottom) = np.clip(np.ceil(ends), 0, SIZE).astype(int)
    out = np.zeros_like(view)
    out[top:bottom, left:right] = view[top:bottom, left:right]
    return out
