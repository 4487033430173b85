"""Stage sync by SyncNet: which faces and which sound it is shown, and what it makes of the answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.runtime.image import bounds
from models.speech.mfcc import mfcc
from stages.clip import Clip
from stages.labels.sync import Sync
from stages.labels.syncnet import SyncNetOffset
from tests.made.clips import accepted, rejected, turned_clip


def talking(frames: int) -> Clip:
    """A still face whose crops tell where each of their pixels lies: red is x, green is y."""
    clip = turned_clip(np.zeros((frames, 3)))
    across, down = np.meshgrid(np.arange(256), np.arange(256))
    crop = np.stack([across, down, np.zeros_like(down)], -1).astype(np.uint8)
    sound = np.random.default_rng(0).normal(0, 0.1, frames * 640).astype(np.float32)
    track = replace(clip.tracked(), crops=np.repeat(crop[None], frames, 0))
    return replace(clip, track=track, sound=sound).add(frames=frames)


def test_stretches_hold_every_window_once_with_its_own_sound() -> None:
    clip = talking(48)
    items = SyncNetOffset().items(clip)
    counts = [len(item["faces"]) - 4 for item in items]
    assert counts == [20, 20, 3]  # of 48 - 5 windows
    assert [len(item["mfcc"]) for item in items] == [4 * count + 16 for count in counts]
    assert clip.sound is not None
    wanted = mfcc(np.round(clip.sound * 32767))
    assert items[1]["mfcc"] == pytest.approx(wanted[80 : 80 + 96], abs=1e-4)
    assert items[2]["mfcc"] == pytest.approx(wanted[160 : 160 + 28], abs=1e-4)


def test_a_face_is_shown_with_room_beside_and_below_in_blue_green_red() -> None:
    clip = talking(40)
    low, high = bounds(clip.tracked().crop_landmarks(0))
    half = 1.15 * (high[1] - low[1]) / 2
    box = (low + high) / 2 - [0, 0.05 * (high[1] - low[1])]
    shown = SyncNetOffset().items(clip)[0]["faces"][0].astype(float)
    middle = shown[111:113, 111:113].mean((0, 1))
    assert middle[2] == pytest.approx(box[0], abs=1)
    assert middle[1] == pytest.approx(box[1] + 0.4 * half, abs=1)
    assert not shown[..., 0].any()
    step = (shown[112, 160, 2] - shown[112, 60, 2]) / 100
    assert step * 224 == pytest.approx(2.8 * half, rel=0.02)


@pytest.mark.parametrize("late", [-15, -4, 0, 7])
def test_the_clip_gets_the_offset_and_its_confidence(late: int) -> None:
    random = np.random.default_rng(1)
    sound = random.normal(size=(83, 1024)).astype(np.float32)
    faces = sound[20 + late : 63 + late] + 0.3 * random.normal(size=(43, 1024)).astype(np.float32)
    both = np.stack([faces, sound[20:63]], 1)
    found = accepted(SyncNetOffset().finish(talking(48), [both[:20], both[20:40], both[40:]])).columns
    assert found["sound_offset"] == late
    assert found["sync"] > 3
    strict = SyncNetOffset(most=3)
    if abs(late) > 3:
        assert rejected(strict.finish(talking(48), [both])).reason == "out_of_sync"
    assert rejected(SyncNetOffset(minimum=99).finish(talking(48), [both])).reason == "no_sync"


def test_without_sound_and_in_short_clips_nothing_is_told() -> None:
    for clip in (replace(talking(48), sound=None), talking(39)):
        assert SyncNetOffset().items(clip) == []
        assert accepted(SyncNetOffset(minimum=9).finish(clip, [])) == clip


def test_it_says_of_itself_what_the_other_of_its_role_does() -> None:
    assert (SyncNetOffset.name, SyncNetOffset.columns) == (Sync.name, Sync.columns)
    assert SyncNetOffset().thresholds == Sync().thresholds
