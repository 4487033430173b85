"""What a training draws from: the clips of a frame store that are not kept out, and how often each frame is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from catalogs.frames import FrameStore
from models.face.expression_space import ExpressionSpace
from models.face.landmarks import pose_and_expression
from pipeline.errors import UsageError
from pipeline.faces.expression import space_of
from pipeline.faces.sampling import Sampler, chances, lips_apart
from pipeline.training.split import Split

_FRAMES = 10
"""A clip with fewer frames that show a face is left out."""


@dataclass(frozen=True)
class TrainingClips:
    """store: all clips; index: the places in it of those that are drawn from, which sampler and space count.

    known: their expression space, where it was found before. size: side of the pictures that networks are shown, in
    pixels, where the store's are larger; None: as large as these.
    """

    store: FrameStore
    index: Sequence[int]
    sampler: Sampler
    known: ExpressionSpace | None = None
    size: int | None = None

    @cached_property
    def space(self) -> ExpressionSpace:
        """The expressions of these clips; a second's work for a few dozen, for who learns."""
        return self.known or space_of(self.store, self.index, self.sampler.subjects)


def training_clips(
    store: FrameStore, split: Split, part: str, seed: int, each: Callable[[], None] = lambda: None
) -> TrainingClips:
    """The clips of a part of the split: train, validation or test. each: called for every clip that is looked at.

    UsageError when there are none.
    """
    index, subjects, odds, lips = [], [], [], []
    for place, clip in enumerate(store.clips):
        each()
        seen = store.seen(place)
        if split.part_of(clip) != part or seen.sum() < _FRAMES:
            continue
        landmarks = store.landmarks(place)
        index.append(place)
        subjects.append(clip.subject)
        pose = pose_and_expression(landmarks)[0]
        odds.append(chances(landmarks, pose, store.eyes(place), seen, store.camera(place)))
        lips.append(lips_apart(landmarks, pose))
    if not index:
        raise UsageError(f"no clip of the catalog is for {part}: extract more, or keep fewer subjects out")
    return TrainingClips(store, index, Sampler(subjects, odds, seed, lips))
