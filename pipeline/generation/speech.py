"""Features of sound that comes in pieces, as a training had those of its clips."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch

from models.motion.windows import crossfade, windows
from pipeline.errors import UsageError
from pipeline.extraction.variants import stage, variant_names
from stages.clip import AUDIO_RATE, FPS
from stages.labels.mel import LogMel

ROLE = "audio"
"""The stage whose features are meant."""

_FRAME = AUDIO_RATE // FPS
_CHUNK_S, _OVERLAP_S = 28.0, 4.0


@dataclass(frozen=True)
class SpeechFeatures:
    """of: from sound [n * 640] at 16 kHz to features [n, A] of its frames.

    A sound up to `chunk_s` seconds long is seen whole; a longer one in chunks of that length, each of which shares
    `overlap_s` seconds with the next and fades into it. They lie where they do whatever comes later, so that features
    are there as soon as a chunk is: how far they are from those of the whole, `models.speech.whisper` says.
    """

    of: Callable[[np.ndarray], np.ndarray]
    chunk_s: float = _CHUNK_S
    overlap_s: float = _OVERLAP_S

    def __call__(self, sound: Iterable[np.ndarray]) -> Iterator[torch.Tensor]:
        """Blocks [n, A], a row for each frame of a sound in pieces [m] of any lengths; its last frame may be cut off
        by its end."""
        length, overlap = (round(seconds * FPS) * _FRAME for seconds in (self.chunk_s, self.overlap_s))
        shared = overlap // _FRAME
        fading: torch.Tensor | None = None
        pieces = (torch.from_numpy(np.ascontiguousarray(piece))[:, None] for piece in sound if len(piece))
        for chunk in windows(pieces, length, overlap):
            heard = np.zeros(-(-len(chunk) // _FRAME) * _FRAME, np.float32)
            heard[: len(chunk)] = chunk[:, 0].numpy()
            found = torch.from_numpy(self.of(heard))
            if fading is not None:
                found = torch.cat([crossfade(fading, found[:shared]), found[shared:]])
            done = len(found) - shared if len(chunk) == length else len(found)
            ready, fading = found[:done], found[done:]
            yield ready
        if fading is not None and len(fading):
            yield fading


def features_of(recipe: Mapping[str, Any]) -> SpeechFeatures:
    """The features that a catalog's recipe says of its stage audio. UsageError: there are no such here."""
    names = variant_names(ROLE)
    if recipe.get("variant") not in names:
        raise UsageError(
            f"the motion generator was trained on features of sound {recipe.get('variant')!r}, there are: "
            f"{', '.join(names)}; give --checkpoint one that was trained on these"
        )
    try:
        found: Any = stage(ROLE, names[recipe["variant"]])
    except ImportError as error:
        raise UsageError(str(error)) from error
    known = {field.name for field in fields(found)}
    found = replace(found, **{name: value for name, value in recipe.items() if name in known})
    if isinstance(found, LogMel):
        return SpeechFeatures(lambda sound: found.features(sound, len(sound) // _FRAME))
    model = found.model()
    return SpeechFeatures(lambda sound: model([sound])[0], found.chunk_s, found.overlap_s)
