"""From cosines at every offset to one answer: by how many frames the sound is late, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MOST = 15
"""Offsets that are looked at, in frames, to either side."""
_FRAMES, _SHARE = 25, 0.6
"""An offset counts where so many frames tell of it, or that share of a shorter clip's."""
SHORTEST = MOST + _FRAMES
"""Frames from which on every offset that is looked at counts."""


@dataclass(frozen=True)
class Offset:
    """frames: by how many of 25 a second the sound is late; negative: it is early. sure: how far the mean cosine at
    that offset is above the median of all offsets': about .5 where a voice is the face's, under .15 where nothing says
    so."""

    frames: int
    sure: float


def offset_of(cosines: np.ndarray) -> Offset | None:
    """Of `similarity` [T, 2 K + 1] of a clip, or of a part of one; None where too few frames tell of any offset."""
    there = ~np.isnan(cosines)
    counts = there.sum(0) >= max(1, min(_FRAMES, _SHARE * len(cosines)))
    if not counts.any():
        return None
    means = np.where(there, cosines, 0).sum(0) / there.sum(0).clip(1)
    best = int(np.argmax(np.where(counts, means, -np.inf)))
    return Offset(best - cosines.shape[1] // 2, float(means[best] - np.median(means[counts])))
