"""The expression space of a training's clips, read off the frame store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from catalogs.frames import FrameStore
from models.face.expression_space import ClipReading, ExpressionSpace
from models.face.landmarks import mirrored_eyes
from pipeline.faces.readings import Readings


def space_of(
    store: FrameStore,
    index: Sequence[int],
    subjects: Sequence[str],
    given: ExpressionSpace | None = None,
    each: Callable[[], None] = lambda: None,
    readings: Readings | None = None,
) -> ExpressionSpace:
    """The space of the clips `index` of a store, with their neutral faces.

    given: a space that is taken as it is, for which only the clips' neutral faces are found. each: called for every
    clip that is read. readings: what reads them, by default without keeping anything.
    """
    readings = readings or Readings(store)
    clips: list[ClipReading] = []
    for place in index:
        each()
        clips.append(ClipReading(*readings.of(place), store.eyes(place)))
    space = ExpressionSpace.fit(clips) if given is None else given
    numbers = []
    for place, clip in zip(index, clips, strict=True):
        each()
        mirror = ClipReading(*readings.of(place, mirror=True), mirrored_eyes(clip.eyes))
        numbers.append(np.stack([space.absolute(clip), space.absolute(mirror)], 1))
    neutral = {subject: _median(numbers, [own == subject for own in subjects]) for subject in set(subjects)}
    return replace(space, neutral=tuple(neutral[subject] for subject in subjects))


def _median(numbers: Sequence[np.ndarray], chosen: Sequence[bool]) -> np.ndarray:
    return np.median(np.concatenate([each for each, own in zip(numbers, chosen, strict=True) if own]), 0)
