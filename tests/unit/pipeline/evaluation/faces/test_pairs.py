"""Which frames and which pairs: by order alone, about thirty a clip, never the same person across."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.evaluation.faces.pairs import across, take
from tests.made.memory_frames import Held, MemoryFrames


def store(frames: int, unseen: tuple[int, ...] = (), size: int = 32) -> MemoryFrames:
    """One clip whose frame t is of grey t and whose landmarks are all t."""
    crops = np.broadcast_to(np.arange(frames, dtype=np.uint8)[:, None, None, None], (frames, size, size, 3))
    landmarks = np.broadcast_to(np.arange(frames, dtype=np.float32)[:, None, None], (frames, 468, 3))
    seen = ~np.isin(np.arange(frames), unseen)
    return MemoryFrames({"clip": Held(crops, landmarks, seen)}, {"clip": "Ann"})


def frames_of(store: MemoryFrames, size: int = 32) -> tuple[int, list[int]]:
    """The frame that is the source, and those that drive."""
    found = take(store, 0, size)
    assert [int(view.landmarks[0, 0]) for view in found.drivers] == [
        int(view.picture[0, 0, 0]) for view in found.drivers
    ]
    return int(found.source.picture[0, 0, 0]), [int(view.picture[0, 0, 0]) for view in found.drivers]


@pytest.mark.parametrize(("frames", "count"), [(2, 1), (20, 19), (31, 30), (100, 33), (121, 30), (250, 31)])
def test_a_clip_gives_about_thirty_drivers(frames: int, count: int) -> None:
    source, drivers = frames_of(store(frames))
    assert source == 0
    assert len(drivers) == count
    steps = np.diff([source, *drivers])
    assert (steps == steps[0]).all()


def test_frames_without_a_face_are_passed_over() -> None:
    source, drivers = frames_of(store(10, unseen=(0, 4, 9)))
    assert (source, drivers) == (1, [2, 3, 5, 6, 7, 8])


def test_a_clip_without_faces_is_named() -> None:
    with pytest.raises(ValueError, match="clip clip shows its face in 1 frames: two are needed"):
        take(store(5, unseen=(1, 2, 3, 4)), 0, 32)


def test_views_are_small_and_the_whole_pictures_stay() -> None:
    found = take(store(5, size=96), 0, 64)
    assert {view.picture.shape for view in (found.source, *found.drivers)} == {(64, 64, 3)}
    assert {picture.shape for picture in found.whole} == {(96, 96, 3)}
    assert len(found.whole) == len(found.drivers)
    assert found.subject == "Ann"


def test_all_frames_are_seen_by_the_source_s_crop() -> None:
    """A crop that lies a quarter of its width to the right: its picture lies there, and what is left of it is empty."""
    held = store(5)
    camera = np.tile(np.float32([0, 0, 1]), (5, 1))
    camera[:2] = [0.1, 0, 1]
    camera[3] = [0.6, 0, 1]
    moving = MemoryFrames(
        {"clip": Held(held.crops(0, range(5)), held.landmarks(0), held.seen(0), camera)}, {"clip": "A"}
    )
    found = take(moving, 0, 32)
    assert found.source.landmarks[0, 0] == 0
    assert [float(view.landmarks[0, 0] - index) for index, view in enumerate(found.drivers, 1)] == pytest.approx(
        [0, -0.1, 0.5, -0.1]
    )
    content = found.drivers[2].content
    assert content is not None
    assert (content[:, :8].any(), content[:, 8:].all()) == (False, True)
    assert found.drivers[0].content is not None
    assert found.drivers[0].content.all()


def test_across_is_never_the_same_person() -> None:
    subjects = ["A", "A", "A", "B", "C", "C"]
    pairs = across(subjects)
    assert [source for source, _ in pairs] == list(range(6))
    assert all(subjects[a] != subjects[b] for a, b in pairs)
    assert pairs == across(subjects)
    # not everybody is driven by one
    assert len({driver for _, driver in pairs}) >= 4


def test_one_person_alone_has_nobody_to_be_driven_by() -> None:
    assert across(["A", "A"]) == []
