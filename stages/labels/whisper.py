"""Stage audio, variant whisper: what Whisper's first blocks make of the sound, at 25 Hz, aligned to the frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from models.runtime.batches import Model
from models.weights.registry import weights
from stages.batched import BatchedStage
from stages.clip import Clip, Outcome, Resources
from stages.labels.sound import sound_of_frames


@dataclass(frozen=True)
class WhisperAudio(BatchedStage):
    """Adds audio [T, 384]: row i belongs to [i / 25, (i + 1) / 25) of the clip.

    Hidden states of Whisper tiny.en after its second encoder block, which tell the mouths of strangers better than
    log-mel spectra do (docs/benchmarks.md). chunk_s: a clip up to this long is seen whole, a longer one in chunks of at
    most this many seconds. overlap_s: seconds that two chunks share, fading into each other. `models.speech.whisper`
    says what that costs.
    """

    chunk_s: float = 28.0
    overlap_s: float = 4.0

    name: ClassVar[str] = "audio"
    variant: ClassVar[str] = "whisper"
    after: ClassVar[tuple[str, ...]] = ("emotion",)
    profile: ClassVar[str] = "open"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources(cpus=1, gpus=0.05)
    columns: ClassVar[pa.Schema] = pa.schema([])
    weights: ClassVar[tuple[str, ...]] = ("whisper_tiny_en",)
    batch: ClassVar[int] = 4

    def model(self) -> Model:
        # PyTorch takes seconds to import, which processes that only prepare clips can do without
        from models.speech.whisper import WhisperFeatures

        return WhisperFeatures(weights(self.weights[0]).path(), chunk_s=self.chunk_s, overlap_s=self.overlap_s)

    def items(self, clip: Clip) -> list[np.ndarray]:
        return sound_of_frames(clip)

    def finish(self, clip: Clip, answers: Sequence[np.ndarray]) -> Outcome:
        return clip.add_arrays(audio=answers[0]) if answers else clip
