"""What a training draws from."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import UsageError
from pipeline.faces.training_clips import training_clips
from pipeline.training.split import Split
from tests.made.faces import Made, Pose, moving_clip, store_of


def test_only_clips_of_the_part_with_enough_faces() -> None:
    short = Made(4, [Pose()] * 9)
    hidden = Made(5, [Pose(yaw=n) for n in range(20)], seen=np.arange(20) < 9)
    store = store_of(moving_clip(0), moving_clip(1), moving_clip(2), moving_clip(2, seed=1), short, hidden)
    split = Split(("person 1",), ("person 0",))
    pool = training_clips(store, split, "train", 3)
    assert pool.index == [2, 3]
    assert pool.sampler.subjects == ["person 2", "person 2"]
    assert pool.sampler.seed == 3
    assert [len(each) for each in pool.sampler.chances] == [16, 16]
    assert len(pool.space.neutral) == 2
    assert training_clips(store, split, "test", 3).index == [1]
    with pytest.raises(UsageError, match="no clip of the catalog is for validation"):
        training_clips(store, Split((), ("nobody",)), "validation", 0)


def test_frames_that_were_not_seen_are_never_drawn() -> None:
    seen = np.arange(24) % 2 == 0
    clips = [Made(who, moving_clip(who, 24).poses, moving_clip(who, 24).eyes, seen) for who in range(2)]
    pool = training_clips(store_of(*clips), Split((), ()), "train", 0)
    frames = {frame for unit in pool.sampler.units(0, 100) for _, *both in unit.clips for frame in both}
    assert frames == set(range(0, 24, 2))
