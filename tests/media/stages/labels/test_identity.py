"""Identity: one person's clips are near each other, another's far; a face replaced within a clip is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.recognition.face_recognition import SAME_PERSON
from stages.clip import Clip, Runner
from stages.labels.identity import Identity
from tests.made.clips import TrackOf, accepted, first_frames, rejected


@pytest.fixture(scope="module")
def identity() -> Runner:
    return Identity().open()


def vector(run: Runner, clip: Clip) -> np.ndarray:
    return np.array(accepted(run(clip)).columns["face_vector"])


def test_a_person_s_clips_are_nearer_than_another_person_s(
    identity: Runner, track_of: TrackOf, man: Clip, woman: Clip
) -> None:
    her, him = vector(identity, woman), vector(identity, man)
    her_again = vector(identity, accepted(track_of("looking_away")))
    him_again = vector(identity, accepted(track_of("phone_rotated")))
    assert her.shape == (128,)
    assert max(np.linalg.norm(her - her_again), np.linalg.norm(him - him_again)) < 0.75 * SAME_PERSON
    for a in (her, her_again):
        for b in (him, him_again):
            assert np.linalg.norm(a - b) > SAME_PERSON


def test_a_face_replaced_without_a_cut_is_lost(identity: Runner, man: Clip, woman: Clip) -> None:
    a, b = first_frames(woman, 50).tracked(), first_frames(man, 50).tracked()
    both = {
        name: np.concatenate([getattr(a, name), getattr(b, name)])
        for name in ("times", "landmarks", "present", "crops", "crop_matrix")
    }
    clip = replace(woman, start_s=10.0, end_s=14.0, track=replace(a, **both))
    out = rejected(identity(clip))
    assert out.reason == "face_lost"
    assert out.detail.startswith("the face is replaced by another person's at about 12.")
    assert "face_vector" in out.clip.columns


def test_the_limit_is_a_parameter(man: Clip) -> None:
    assert rejected(Identity(replaced=0.001).open()(man)).reason == "face_lost"


def test_what_covers_the_face_for_a_moment_is_no_other_person(identity: Runner, man: Clip) -> None:
    part = first_frames(man, 90)
    track = part.tracked()
    crops, present = np.stack(track.crops), track.present.copy()
    crops[40:52], present[40:52] = 0, False
    gone = replace(part, track=replace(track, crops=crops, present=present))
    assert np.linalg.norm(vector(identity, gone) - vector(identity, part)) < SAME_PERSON / 2


def test_a_clip_of_one_frame_has_a_vector(identity: Runner, man: Clip) -> None:
    assert vector(identity, first_frames(man, 1)).shape == (128,)
