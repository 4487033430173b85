"""Stage quality by HyperIQA: the paper's measure of how good the pictures of a clip are, 0 to 100."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from models.quality.hyperiqa import CROPS, HyperIQA, picture
from models.weights.registry import weights
from stages.batched import BatchedStage
from stages.clip import THRESHOLD, Clip, Outcome, Refusal, Reject, Resources, ThresholdStage, under


@dataclass(frozen=True)
class HyperIqaQuality(BatchedStage, ThresholdStage):
    """Rejects clips whose mean score over the sampled frames is under `minimum`; adds quality and quality_min.

    crops: random crops a frame. frames: frames looked at, at most, spread over the native faces of the track.

    The network is shown the native face, resampled once, to the 512 x 384 it takes its crops from. The stable crops
    would show it surroundings too, but have no more than 256 pixels for them, and large faces lose some of their blur
    on the way: a blur of one pixel takes 35 to 83 % of the finest detail of native faces 300 pixels high, and 20 to
    43 % of their crops' (three clips). Of native faces only what exceeds 512 pixels is lost. Smaller ones are judged
    enlarged, so scores are to be expected lower than those of whole frames, which are mostly reduced: where faces are
    small, choose `minimum` anew.
    """

    minimum: float = field(default=40.0, metadata=THRESHOLD)
    crops: int = CROPS
    frames: int = 8

    name: ClassVar[str] = "quality"
    variant: ClassVar[str] = "hyperiqa"
    profile: ClassVar[str] = "paper"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources(cpus=1, gpus=0.2)
    weights: ClassVar[tuple[str, ...]] = ("hyperiqa",)
    columns: ClassVar[pa.Schema] = pa.schema([("quality", pa.float32()), ("quality_min", pa.float32())])
    batch: ClassVar[int] = 8

    def model(self) -> HyperIQA:
        return HyperIQA(weights(self.weights[0]).path(), crops=self.crops)

    def items(self, clip: Clip) -> list[np.ndarray] | Reject:
        patches = clip.tracked().patches
        if not patches:
            return Reject("face_lost", "no sampled frame shows the face", clip)
        chosen = np.unique(np.linspace(0, len(patches) - 1, self.frames).round().astype(int))
        return [picture(patches[i].image) for i in chosen]

    def finish(self, clip: Clip, answers: Sequence[np.ndarray]) -> Outcome:
        return self.judged(clip.add(quality=float(np.mean(answers)), quality_min=float(np.min(answers))))

    def refuse(self, labels: Mapping[str, Any]) -> Refusal | None:
        if under(labels["quality"], self.minimum):
            return Refusal("low_quality", f"quality {labels['quality']:.0f}, at least {self.minimum:g} wanted")
        return None
