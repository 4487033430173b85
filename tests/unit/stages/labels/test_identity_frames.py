"""Which frames are looked at to tell who is in a clip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stages.clip import Track
from stages.labels.identity_frames import another_person, beside_jump, frontal_frames, largest_jump, stretches
from tests.made.clips import plain, turned_clip


def facing(yaws: list[float], grey: list[int] | None = None) -> Track:
    """A track of a face turned by `yaws`; grey: of the crop of each frame."""
    turns = np.zeros((len(yaws), 3))
    turns[:, 1] = yaws
    track = turned_clip(turns).tracked()
    if grey is None:
        return track
    return replace(track, crops=np.stack([np.full((256, 256, 3), value, np.uint8) for value in grey]))


def test_the_most_frontal_frame_of_each_part() -> None:
    track = facing([30, 10, 20, -30, -5, 15, 25, 35, 1])
    assert frontal_frames(track, 3) == [1, 4, 8]
    assert frontal_frames(track, 1) == [8]
    assert frontal_frames(track, 2, [0, 2, 3, 5]) == [2, 5]


def test_frames_without_the_face_are_not_looked_at() -> None:
    track = facing([30, 1, 20, 30, 40])
    track = replace(track, present=np.array([True, False, True, True, True]))
    assert frontal_frames(track, 2) == [2, 3]


def test_a_short_clip_has_fewer_looks() -> None:
    assert frontal_frames(facing([5, 6]), 3) == [0, 1]


@pytest.mark.parametrize(
    ("frames", "pairs"), [([], []), ([4], []), ([4, 9], [(4, 9)]), ([4, 9, 12], [(4, 9), (9, 12), (4, 12)])]
)
def test_stretches_are_compared_in_a_ring(frames: list[int], pairs: list[tuple[int, int]]) -> None:
    assert stretches(frames) == pairs


def test_the_largest_jump_is_where_the_face_changes_most() -> None:
    track = facing([0] * 6, grey=[100, 102, 102, 140, 139, 139])
    assert largest_jump(track, range(6)) == (3, 38)
    assert largest_jump(track, [0, 1, 4, 5]) == (2, 37)
    assert largest_jump(track, [2]) == (0, 0)


def test_both_sides_of_a_jump_are_looked_at_off_the_jump_itself() -> None:
    yaws = [9, 1, 9, 9, 9, 9, 0, 0, 9, 9, 9, 9, 1, 9]
    track = facing(yaws, grey=[100] * 7 + [140] * 7)
    assert beside_jump(track, 41) is None
    assert beside_jump(track, 40, looks=1) == ([1], [12], 7)
    before, after, at = beside_jump(track, 40, looks=3) or pytest.fail("no jump")
    assert (len(before), len(after), at) == (3, 3, 7)
    assert max(before) < 6
    assert min(after) > 8


def test_the_verdict_names_the_second() -> None:
    out = another_person(plain(seconds=4.0, start_s=10.0, end_s=14.0), 30)
    assert (out.reason, out.detail) == ("face_lost", "the face is replaced by another person's at about 11.20 s")
