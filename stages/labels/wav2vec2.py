"""Stage audio, variant wav2vec2: hidden states of Wav2Vec2 at 25 Hz, aligned to the frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import transformers  # noqa: F401  so that a recipe says at once where it is not installed

from models.runtime.batches import Model
from models.weights.registry import weights
from stages.batched import BatchedStage
from stages.clip import Clip, Outcome, Resources
from stages.labels.sound import sound_of_frames


@dataclass(frozen=True)
class Wav2Vec2Audio(BatchedStage):
    """Adds audio [T, width], width 768 (base) or 1024 (large): row i belongs to [i / 25, (i + 1) / 25) of the clip.

    The features VASA-1 conditions its motion on; the sound is brought to mean 0 and variance 1 over the clip first.
    layer: which hidden state; 0 enters the first transformer block, k leaves block k, -1 is the network's output.
    chunk_s: a clip up to this long is seen whole, a longer one by the transformer in chunks of at most this many
    seconds. overlap_s: seconds that two chunks share, fading into each other. `models.speech.wav2vec2` says what that
    costs.
    """

    layer: int = -1
    chunk_s: float = 120.0
    overlap_s: float = 20.0

    name: ClassVar[str] = "audio"
    variant: ClassVar[str] = "wav2vec2"
    profile: ClassVar[str] = "paper"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources(cpus=1, gpus=0.2)
    columns: ClassVar[pa.Schema] = pa.schema([])
    weights: ClassVar[tuple[str, ...]] = ("wav2vec2",)
    batch: ClassVar[int] = 4

    def model(self) -> Model:
        # seconds to import and 130 MB, which processes that only prepare clips can do without
        from models.speech.wav2vec2 import Wav2Vec2Features

        path = weights(self.weights[0]).path()
        return Wav2Vec2Features(path, layer=self.layer, chunk_s=self.chunk_s, overlap_s=self.overlap_s)

    def items(self, clip: Clip) -> list[np.ndarray]:
        return sound_of_frames(clip)

    def finish(self, clip: Clip, answers: Sequence[np.ndarray]) -> Outcome:
        return clip.add_arrays(audio=answers[0]) if answers else clip
