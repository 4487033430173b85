"""Stage speech: the share of the clip in which somebody speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from models.speech.silero import SileroVad
from stages.clip import THRESHOLD, Clip, Outcome, Refusal, Resources, Runner, ThresholdStage, under

_SILENCE = 1e-4
_LOUD = 0.1


@dataclass(frozen=True)
class Speech(ThresholdStage):
    """Rejects clips without speech.

    minimum: smallest share of the clip's 32 ms chunks that are speech. threshold: probability above which a chunk is
    speech (Silero's default). required: false takes clips without sound or speech, with null audio features.
    """

    minimum: float = field(default=0.2, metadata=THRESHOLD)
    threshold: float = 0.5
    required: bool = field(default=True, metadata=THRESHOLD)

    name: ClassVar[str] = "speech"
    variant: ClassVar[str] = "silero"
    after: ClassVar[tuple[str, ...]] = ("probe",)
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ("silero_vad",)
    columns: ClassVar[pa.Schema] = pa.schema([("speech_share", pa.float32())])

    def open(self) -> Runner:
        vad = SileroVad()

        def judge(clip: Clip) -> Outcome:
            if clip.sound is not None:
                chunks = vad(even_loudness(clip.sound))
                clip = clip.add(speech_share=float(np.mean(chunks > self.threshold)) if len(chunks) else 0.0)
            return self.judged(clip)

        return judge

    def refuse(self, labels: Mapping[str, Any]) -> Refusal | None:
        share = labels.get("speech_share")
        if not self.required:
            return None
        if share is None:
            return Refusal("no_audio", "no sound track; --set speech.required=false takes clips without")
        if under(share, self.minimum):
            return Refusal("no_speech", f"speech in {share:.0%} of the clip, at least {self.minimum:.0%} wanted")
        return None


def even_loudness(sound: np.ndarray) -> np.ndarray:
    """Sound [S] scaled so that its louder tenth of 32 ms chunks has an RMS of 0.1: quiet speech is speech too.

    Without it a clip at 3 % of its level loses most of its speech (.36 to .05 on one clip). Silence stays as it is.
    """
    count = len(sound) // 512
    if count == 0:
        return sound
    rms = np.sqrt(np.mean(sound[: count * 512].reshape(count, 512).astype(np.float64) ** 2, axis=1))
    loud = float(np.quantile(rms, 0.9))
    if loud < _SILENCE:
        return sound
    return np.clip(sound * np.float32(_LOUD / loud), -1, 1)
