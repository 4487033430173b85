"""Which frames are scored: chosen by order alone, so that two runs over the same clips score the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catalogs.frames import StoredClip
from pipeline.faces.face_crop import FaceCrop, Frames, filmed_views

FRAMES = 30
"""About so many drivers a clip."""


@dataclass(frozen=True)
class EvalClip:
    """The frames of a clip that are scored: its first as source, the others as drivers.

    All are seen by one camera that stands still, the source's crop. views are of the size that methods draw; whole are
    the drivers' pictures as large as they are stored.
    """

    clip: StoredClip
    source: FaceCrop
    drivers: tuple[FaceCrop, ...]
    whole: tuple[np.ndarray, ...]

    @property
    def subject(self) -> str:
        """Who it is; a clip of unknown subject is taken for a person of its own."""
        return self.clip.subject


def take(store: Frames, clip: int, size: int) -> EvalClip:
    """The source and its drivers, views of `size` pixels; frames in which the face was not seen are passed over.

    ValueError: the clip shows a face in fewer than two frames.
    """
    seen = np.flatnonzero(store.seen(clip))
    if len(seen) < 2:
        raise ValueError(f"clip {store.clips[clip].clip_id} shows its face in {len(seen)} frames: two are needed")
    rest = seen[1:]
    step = max(1, round(len(rest) / FRAMES))
    chosen = [int(seen[0]), *rest[step - 1 :: step].tolist()]
    views = filmed_views(store, clip, chosen)
    small = [view.at_size(size) for view in views]
    return EvalClip(store.clips[clip], small[0], tuple(small[1:]), tuple(view.picture for view in views[1:]))


def across(subjects: Sequence[str]) -> list[tuple[int, int]]:
    """(source, driver) of clips, by place: each with the nearest clip of another subject, from half a round on."""
    out, count = [], len(subjects)
    for source in range(count):
        turns = ((source + count // 2 + step) % count for step in range(count))
        driver = next((turn for turn in turns if subjects[turn] != subjects[source]), None)
        if driver is not None:
            out.append((source, driver))
    return out
