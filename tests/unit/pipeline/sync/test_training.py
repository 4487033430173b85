"""Sync training on people whose faces follow their sound: what it finds of clips that are off, what it reaches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.sync.face_features import DYNAMICS, SHAPES, face_features
from models.sync.network import SyncNetwork
from pipeline.errors import UsageError
from pipeline.sync.clips import SyncClip
from pipeline.sync.offsets import corrected, offsets_found, told
from pipeline.sync.scores import sync_scores
from pipeline.sync.settings import SyncTraining
from pipeline.sync.sync_task import SyncTask
from pipeline.training.fit import Session, fit

WIDTH = 8
SHORT = SyncTraining(steps=150, rounds=1, clips=8, window=30, dropout=0.0)


def clip(number: int, late: int = 0, frames: int = 90, follows: bool = True) -> SyncClip:
    """One of 16 people; every face follows its sound in the same way, and has something of its own."""
    random = np.random.default_rng(number)
    sound = random.normal(size=(frames + 40, WIDTH))
    law = np.random.default_rng(99).normal(size=(WIDTH, DYNAMICS + SHAPES))
    moved = (sound if follows else random.normal(size=sound.shape)) @ law
    moved += random.normal(size=moved.shape) + 3 * random.normal(size=moved.shape[1])
    face = face_features(moved[20 : 20 + frames, :DYNAMICS], moved[20 : 20 + frames, DYNAMICS:])
    heard = sound[20 - late : 20 - late + frames].astype(np.float16)
    who = f"person {number % 16}"
    return SyncClip(f"clip {number:03}", f"/videos/{number}.mp4", who, f"{number:x}", heard, face)


LATE = {3: 4, 8: -5, 21: 2}
CLIPS = [clip(number, LATE.get(number, 0)) for number in range(32)]


def fitted(task: SyncTask) -> SyncNetwork:
    network = fit(task, Session())
    assert isinstance(network, SyncNetwork)
    return network


@pytest.fixture(scope="module")
def network() -> SyncNetwork:
    return fitted(SyncTask(CLIPS[:16], SHORT, "sync"))


def test_clips_that_are_off_are_found_by_networks_that_have_not_seen_their_people() -> None:
    asked: list[SyncTask] = []
    found = offsets_found(CLIPS, SHORT, lambda task: (asked.append(task), fitted(task))[1])
    assert [task.name for task in asked] == ["offsets, round 1, half 1", "offsets, round 1, half 2"]
    people = [{each.subject for each in task.clips} for task in asked]
    assert not people[0] & people[1]
    assert {name: offset.frames for name, offset in found.items() if offset.frames} == {
        f"clip {number:03}": late for number, late in LATE.items()
    }
    known = {each.clip_id: each.offset for each in corrected(CLIPS, found, SHORT)}
    assert known == {each.clip_id: LATE.get(int(each.clip_id[5:]), 0) for each in CLIPS}


def test_what_is_unsure_or_far_off_is_left_out(network: SyncNetwork) -> None:
    clips = [clip(100, follows=False), clip(101, late=11), clip(102, late=-2)]
    found = told(network, clips)
    assert found["clip 100"].sure < SHORT.sure < found["clip 101"].sure
    assert found["clip 101"].frames == 11
    assert [(each.clip_id, each.offset) for each in corrected(clips, found, SHORT)] == [("clip 102", -2)]


def test_either_latents_or_landmarks_alone_tell_too(network: SyncNetwork) -> None:
    for lost in (slice(0, DYNAMICS), slice(DYNAMICS, DYNAMICS + SHAPES)):
        face = CLIPS[21].face.copy()
        face[:, lost] = 0
        face[:, -2 if lost.start == 0 else -1] = 0
        assert told(network, [replace(CLIPS[21], face=face)])["clip 021"].frames == 2


def test_scores_tell_own_sound_from_a_stranger_s_and_how_far_it_was_moved(network: SyncNetwork) -> None:
    scores = sync_scores(network, CLIPS[16:], SHORT.sure)
    assert (scores.clips, scores.people) == (16, 16)
    assert (scores.windows.count, scores.shifted.count) == (16 * 2, 16 * 17)
    assert min(scores.windows.within, scores.sure_windows.within, scores.shifted.within) == 1
    assert scores.strangers.within < 0.4
    untaught = SyncTask(CLIPS[:16], SHORT, "sync").module()
    assert sync_scores(untaught, CLIPS[16:], -1.0).shifted.within < 0.5


def test_draws_are_of_clips_in_step_and_the_step_decides_them() -> None:
    task = SyncTask([each.late(LATE.get(place, 0)) for place, each in enumerate(CLIPS)], SHORT, "sync")
    (batch,), (again,) = task.draw(5, 0, 1), task.draw(5, 0, 1)
    assert torch.equal(batch.sound, again.sound)
    assert torch.equal(batch.face, again.face)
    assert not torch.equal(batch.sound, task.draw(6, 0, 1)[0].sound)
    assert not torch.equal(batch.sound[:4], task.draw(5, 1, 2)[0].sound)
    assert (batch.sound.shape, batch.face.shape) == ((8, 30, WIDTH), (8, 30, DYNAMICS + SHAPES + 2))
    there = torch.cat([each[0].face[:, 0, -2:] for each in (task.draw(step, 0, 1) for step in range(60))])
    assert set(map(tuple, there.tolist())) == {(1, 1), (0, 1), (1, 0)}
    assert (there == 0).float().mean(0) == pytest.approx([0.2, 0.2], abs=0.06)


def test_a_clip_in_step_gives_each_frame_its_own_sound() -> None:
    plain, late = clip(1), clip(1, late=3).late(3)
    first, last = late.in_step
    assert (first, last) == (0, 87)
    sound, face = late.moment(10, 20)
    wanted = plain.moment(10, 20)
    assert np.array_equal(sound, wanted[0])
    assert np.array_equal(face, wanted[1])
    assert clip(1, late=-4).late(-4).in_step == (4, 90)


def test_too_few_clips_are_an_error_that_says_what_to_do() -> None:
    with pytest.raises(UsageError, match="offsets: 1 clips of 30 frames in step are too few.*extract more"):
        SyncTask([CLIPS[0], clip(50, frames=20)], SHORT, "offsets")
