"""The expression space: what changes within clips beside the head's pose."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from catalogs.frames import FrameStore
from models.face.expression_space import KINDS, ClipReading, ExpressionSpace
from models.face.landmarks import mirrored, mirrored_eyes, pose_and_expression
from pipeline.faces import readings
from pipeline.faces.expression import space_of
from tests.made.faces import Made, moving_clip, store_of

PEOPLE = ["Ann", "Ann", "Bob", "Cy"]
FRAMES = 40


@pytest.fixture(scope="module")
def store() -> FrameStore:
    """Four clips; lids fall as heads turn, which the space must undo."""
    clips = []
    for who in range(4):
        clip = moving_clip(who, FRAMES)
        yaw = np.array([pose.yaw for pose in clip.poses])
        eyes = clip.eyes + 0.02 * yaw[:, None]
        clips.append(Made(who, clip.poses, eyes))
    return store_of(*clips)


@pytest.fixture(scope="module")
def space(store: FrameStore) -> ExpressionSpace:
    return space_of(store, range(4), PEOPLE)


def told(store: FrameStore, space: ExpressionSpace, mirror: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """(numbers [4, T, K], poses [4, T, 6])."""
    numbers, poses = [], []
    for clip in range(4):
        landmarks, eyes = store.landmarks(clip), store.eyes(clip)
        if mirror:
            landmarks, eyes = mirrored(landmarks), mirrored_eyes(eyes)
        pose, expression = pose_and_expression(landmarks)
        numbers.append(space.transform(ClipReading(pose, expression, eyes), [(clip, mirror)] * FRAMES))
        poses.append(pose)
    return np.stack(numbers), np.stack(poses)


def test_numbers_have_variance_one_within_clips(store: FrameStore, space: ExpressionSpace) -> None:
    numbers, _ = told(store, space)
    assert numbers.shape == (4, FRAMES, KINDS + 6)
    assert numbers.dtype == np.float32
    within = numbers - numbers.mean(1, keepdims=True)
    assert within.reshape(-1, KINDS + 6).std(0) == pytest.approx(np.ones(KINDS + 6), abs=0.02)


def test_no_turning_is_left_within_clips(store: FrameStore, space: ExpressionSpace) -> None:
    numbers, poses = told(store, space)
    within = (numbers - numbers.mean(1, keepdims=True)).reshape(-1, KINDS + 6)
    turning = (poses[..., :3] - poses[..., :3].mean(1, keepdims=True)).reshape(-1, 3)
    correlations = np.corrcoef(within.T, turning.T)[: KINDS + 6, KINDS + 6 :]
    assert np.abs(correlations).max() < 0.05
    eyes = np.concatenate([each - each.mean(0) for each in (store.eyes(n).reshape(FRAMES, 6) for n in range(4))])
    assert np.corrcoef(eyes[:, 0], turning[:, 1])[0, 1] > 0.5  # it was there


def test_the_jaw_is_the_largest_direction(store: FrameStore, space: ExpressionSpace) -> None:
    numbers, _ = told(store, space)
    jaws = np.stack([[pose.jaw for pose in moving_clip(who, FRAMES).poses] for who in range(4)])
    apart = [each - each.mean(1, keepdims=True) for each in (numbers[..., 0], jaws)]
    assert abs(np.corrcoef(*(each.ravel() for each in apart))[0, 1]) > 0.95
    assert space.share[0] == 1
    assert (np.diff(space.share[:KINDS]) <= 0).all()
    assert space.share.min() >= 0


@pytest.mark.parametrize("mirror", [False, True])
def test_nothing_is_how_a_person_mostly_looks(store: FrameStore, space: ExpressionSpace, mirror: bool) -> None:
    """Over all clips of one subject, also in the mirror, where its own neutral holds."""
    numbers, _ = told(store, space, mirror)
    for person in set(PEOPLE):
        own = numbers[[n for n, name in enumerate(PEOPLE) if name == person]].reshape(-1, KINDS + 6)
        assert np.abs(np.median(own, 0)).max() < 1e-3
    assert np.array_equal(space.neutral[0], space.neutral[1])


def test_how_far_a_jaw_is_open_reads_alike_in_the_mirror(store: FrameStore, space: ExpressionSpace) -> None:
    here, there = (told(store, space, mirror)[0][..., 0] for mirror in (False, True))
    assert np.corrcoef(here.ravel(), there.ravel())[0, 1] > 0.95


def test_the_largest_component_of_every_direction_is_positive_whatever_sign_it_was_found_with(
    store: FrameStore, space: ExpressionSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    directions = space.directions
    assert (directions[np.abs(directions).argmax(0), np.arange(KINDS)] > 0).all()
    found = np.linalg.eigh

    def turned(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        spread, basis = found(matrix)
        return spread, basis * np.where(np.arange(len(spread)) % 2, -1, 1)

    monkeypatch.setattr(np.linalg, "eigh", turned)
    again = space_of(store, range(4), PEOPLE)
    for name, array in space.arrays().items():
        assert np.array_equal(again.arrays()[name], array), name
    assert all(np.array_equal(a, b) for a, b in zip(again.neutral, space.neutral, strict=True))


def test_a_space_that_is_given_is_kept_and_only_the_neutral_faces_are_found(
    store: FrameStore, space: ExpressionSpace
) -> None:
    other = space_of(store, [0, 2], ["Ann", "Bob"])
    assert not np.array_equal(other.directions, space.directions)
    given = space_of(store, [0, 2], ["Ann", "Bob"], ExpressionSpace.of(space.arrays()))
    assert given.arrays().keys() == space.arrays().keys()
    assert all(np.array_equal(given.arrays()[name], array) for name, array in space.arrays().items())
    assert [each.shape for each in given.neutral] == [(2, KINDS + 6)] * 2
    assert not np.array_equal(given.neutral[0], space.neutral[0])  # of one of Ann's two clips


def test_reading_clips_can_be_left(store: FrameStore) -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        space_of(store, range(4), PEOPLE, each=stop)


def test_reading_that_was_left_goes_on_where_it_was(
    store: FrameStore, space: ExpressionSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever it is left: every clip is read once as it is and once in a mirror, and the space is the same."""
    read, calls = readings.pose_and_expression, []

    def counted(landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        calls.append(len(landmarks))
        return read(landmarks)

    def left_after(more: int) -> None:
        if len(calls) >= more:
            raise InterruptedError

    monkeypatch.setattr(readings, "pose_and_expression", counted)
    folder = tmp_path / "readings"
    for step in (1, 3, 4, 7):
        with pytest.raises(InterruptedError):
            space_of(store, range(4), PEOPLE, None, partial(left_after, step), readings.Readings(store, folder))
    kept = readings.Readings(store, folder)
    found = space_of(store, range(4), PEOPLE, readings=kept)
    assert len(calls) == 8
    for name, array in space.arrays().items():
        assert np.array_equal(found.arrays()[name], array), name
    assert all(np.array_equal(a, b) for a, b in zip(found.neutral, space.neutral, strict=True))
    kept.remove()
    assert not folder.exists()
