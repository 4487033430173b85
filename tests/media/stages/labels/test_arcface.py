"""Identity by ArcFace: what it is shown, its vector, and a face replaced within a clip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import stages.labels.arcface as stage
from models.recognition.arcface import LENGTH, aligned
from stages.clip import Clip
from stages.labels.arcface import ArcFaceIdentity
from stages.labels.identity_frames import frontal_frames
from tests.made import random_arcface
from tests.made.clips import accepted, first_frames, rejected, turned_clip

IDENTITY = ArcFaceIdentity()


def unit(*values: float) -> np.ndarray:
    """A vector of length 1 that begins with these numbers in these proportions."""
    vector = np.zeros(LENGTH, np.float32)
    vector[: len(values)] = values
    return vector / np.linalg.norm(vector)


def at_cosine(cosine: float) -> np.ndarray:
    """A vector at this cosine to unit(1)."""
    return unit(cosine, (1 - cosine**2) ** 0.5)


def still(count: int = 9) -> Clip:
    return turned_clip(np.zeros((count, 3)))


def jumping(count: int = 30) -> Clip:
    """A clip whose face becomes brighter at once, in the middle."""
    clip = still(count)
    crops = np.full((count, 256, 256, 3), 90, np.uint8)
    crops[count // 2 :] = 140
    return replace(clip, track=replace(clip.tracked(), crops=crops))


def test_it_is_shown_aligned_faces_of_the_most_frontal_frames(woman: Clip) -> None:
    part = first_frames(woman, 45)
    track = part.tracked()
    items = IDENTITY.items(part)
    frames = frontal_frames(track, 3)
    assert [item.shape for item in items] == [(112, 112, 3)] * 3
    assert all(item.dtype == np.uint8 and item.flags.c_contiguous for item in items)
    for item, frame in zip(items, frames, strict=True):
        np.testing.assert_array_equal(item, aligned(track.crops[frame], track.crop_landmarks(frame)))
    assert len(replace(IDENTITY, looks=5).items(part)) == 5


def test_the_vector_is_the_mean_of_the_looks_with_length_one() -> None:
    clip = still()
    looks = [unit(1, 0.3), unit(1, -0.3, 0.1), unit(1, 0, 0.2)]
    vector = np.array(accepted(IDENTITY.finish(clip, looks)).columns["face_vector"])
    assert vector.shape == (LENGTH,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(vector, np.mean(looks, axis=0) / np.linalg.norm(np.mean(looks, axis=0)), atol=1e-6)


@pytest.mark.parametrize(("cosine", "replaced"), [(0.21, False), (0.19, True), (-0.1, True), (0.9, False)])
def test_stretches_of_two_people_are_rejected_by_their_cosine(cosine: float, replaced: bool) -> None:
    clip = replace(still(9), start_s=10.0, end_s=10.36)
    out = IDENTITY.finish(clip, [unit(1), at_cosine(cosine), at_cosine(max(cosine, 0.5))])
    if not replaced:
        accepted(out)
        return
    out = rejected(out)
    assert out.reason == "face_lost"
    assert out.detail == "the face is replaced by another person's at about 10.12 s"
    assert "face_vector" in out.clip.columns


def test_the_first_and_the_last_stretch_are_compared_too() -> None:
    looks = [unit(1), at_cosine(0.5), unit(0.0, 1)]
    assert looks[1] @ looks[2] > 0.2
    assert rejected(IDENTITY.finish(still(), looks)).reason == "face_lost"
    accepted(replace(IDENTITY, replaced=-0.1).finish(still(), looks))


def test_without_a_jump_nobody_looks_beside_it() -> None:
    assert len(IDENTITY.items(still(30))) == 3
    assert len(replace(IDENTITY, jump=51.0).items(jumping())) == 3


@pytest.mark.parametrize(("cosine", "swapped"), [(0.3, False), (0.26, True)])
def test_both_sides_of_a_jump_are_compared(cosine: float, swapped: bool) -> None:
    clip = jumping()
    assert len(IDENTITY.items(clip)) == 3 + 5 + 5
    looks = [unit(1)] * 3 + [unit(1, 0, 0.2), unit(1, 0, -0.2), *[unit(1)] * 3] + [at_cosine(cosine)] * 5
    out = IDENTITY.finish(clip, looks)
    if swapped:
        assert rejected(out).detail == "the face is replaced by another person's at about 0.60 s"
    else:
        accepted(out)


def test_a_clip_of_one_frame_has_a_vector() -> None:
    clip = still(1)
    assert len(IDENTITY.items(clip)) == 1
    assert accepted(IDENTITY.finish(clip, [unit(1)])).columns["face_vector"][0] == 1


def test_the_whole_stage_with_a_file_of_the_published_form(
    woman: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = random_arcface.write(tmp_path / "w600k_r50.onnx", **random_arcface.SMALL)
    asked = []
    monkeypatch.setattr(stage, "weights", lambda name: asked.append(name) or SimpleNamespace(path=lambda: path))
    monkeypatch.setenv("VASARI_DEVICE", "cpu")
    part = first_frames(woman, 30)
    out = accepted(replace(IDENTITY, replaced=-1.0).open()(part))
    assert asked == ["arcface"]
    answers = IDENTITY.model()(IDENTITY.items(part))
    mean = np.mean(answers, axis=0)
    np.testing.assert_allclose(out.columns["face_vector"], mean / np.linalg.norm(mean), atol=1e-6)
    (field,) = IDENTITY.columns
    assert field.name in out.columns
