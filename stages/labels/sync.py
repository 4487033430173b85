"""Stage sync: by how many frames a clip's sound is late, from features of the sound and what the face does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from models.runtime.batches import Model
from models.sync.face_features import face_features, mouth_shapes
from models.sync.offset import SHORTEST, offset_of
from models.weights.registry import REGISTRY, weights
from stages.clip import Clip, Outcome, Resources
from stages.labels.sound_offset import SoundOffsetStage

_AUDIO, _LATENTS = "whisper", REGISTRY["face_tiny"]


@dataclass(frozen=True)
class Sync(SoundOffsetStage):
    """Adds sound_offset and sync by the project's own network (models/sync), which is shown Whisper's features of the
    sound, facial dynamics of the project's own face model, and landmarks.

    sync is the mean cosine at the offset over the median of all offsets': about .5 where a voice is the face's, under
    .15 where nothing says so. Clips without sound and those shorter than 1.6 s have neither column. Arrays are taken as
    a catalog holds them, in float16, so that the same can be told of its rows.
    """

    name: ClassVar[str] = "sync"
    variant: ClassVar[str] = "tiny"
    after: ClassVar[tuple[str, ...]] = ("audio", "latents")
    optional: ClassVar[bool] = True
    profile: ClassVar[str] = "open"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources(cpus=1, gpus=0.02)
    weights: ClassVar[tuple[str, ...]] = ("sync_tiny",)
    batch: ClassVar[int] = 8

    def unfit(self, others: Mapping[str, Any]) -> str | None:
        """Its network knows the features of sound and face that it was trained on alone."""
        audio, latents = others["audio"].variant, others["latents"].sha256
        if audio != _AUDIO:
            return f"sync={self.variant} was trained on audio={_AUDIO}, and this recipe has audio={audio}"
        if latents != _LATENTS.known_as:
            return f"sync={self.variant} was trained on the latents of {_LATENTS.name}, and --latents gives another's"
        return None

    def model(self) -> Model:
        # PyTorch takes seconds to import, which processes that only prepare clips can do without
        from models.sync.scorer import SyncScorer

        return SyncScorer(weights(self.weights[0]).path())

    def items(self, clip: Clip) -> list[np.ndarray]:
        sound = clip.arrays.get("audio")
        if sound is None or len(sound) < SHORTEST:
            return []
        shapes = mouth_shapes(_stored(clip.tracked().unit_landmarks()))
        return [np.concatenate([_stored(sound), face_features(_stored(clip.arrays["dynamics"]), shapes)], 1)]

    def finish(self, clip: Clip, answers: Sequence[np.ndarray]) -> Outcome:
        return self.told(clip, offset_of(answers[0]) if answers else None)


def _stored(values: np.ndarray) -> np.ndarray:
    """Float32, as precise as a catalog keeps them."""
    return values.astype(np.float16).astype(np.float32)
