"""Frames as tensors: pictures, landmarks and pose of a batch agree whatever the view."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.face.augmentation import inside_lips, mouth_and_eyes
from models.face.camera import compose_pose
from models.face.landmarks import EXPRESSIVE, INNER_MOUTH, LEFT_EYE, MOUTH, RIGHT_EYE, pose_and_expression
from models.face.rigid import to_picture
from pipeline.faces import batches
from pipeline.faces.batches import FrameBatch, drawn_batch
from pipeline.faces.sampling import ClipPair
from pipeline.faces.training_clips import TrainingClips
from tests.made.faces import SIZE, Pose, landmarks_in, moving_clip, pool_with


@pytest.fixture(scope="module")
def pool() -> TrainingClips:
    return pool_with(*(moving_clip(who) for who in range(4)))


@pytest.fixture(scope="module")
def drawn(pool: TrainingClips) -> FrameBatch:
    return drawn_batch(pool, pool.sampler.units(0, 4), 64, seed=0)


def test_what_a_batch_holds(drawn: FrameBatch) -> None:
    """Four units are eight clips, sixteen frames: the first of each clip, then the second."""
    assert drawn.picture.shape == (16, 3, SIZE, SIZE)
    assert (drawn.picture.min() >= 0, drawn.picture.max() <= 1) == (True, True)
    assert drawn.pose.shape == (16, 6)
    assert drawn.points.shape == (16, len(EXPRESSIVE), 3)
    assert drawn.expression.shape == (16, 22)
    assert drawn.face.shape == (16, 3, 64, 64)
    assert drawn.weight.shape == drawn.eyes.shape == (16, 1, SIZE, SIZE)
    assert drawn.numbers == tuple(range(8))
    assert all(
        getattr(drawn, name).isfinite().all()
        for name in ("picture", "pose", "points", "expression", "face", "weight", "eyes")
    )


def test_networks_may_be_shown_fewer_pixels_than_are_stored(pool: TrainingClips, drawn: FrameBatch) -> None:
    assert torch.equal(drawn.picture, drawn.detailed)
    half = drawn_batch(replace(pool, size=SIZE // 2), pool.sampler.units(0, 4), 64, seed=0)
    assert half.picture.shape == (16, 3, SIZE // 2, SIZE // 2)
    for name in ("detailed", "weight", "eyes", "pose", "points", "expression"):
        assert torch.equal(getattr(half, name), getattr(drawn, name)), name
    assert torch.allclose(half.picture, torch.nn.functional.avg_pool2d(drawn.detailed, 2), atol=1e-6)
    assert half.face.shape == drawn.face.shape


def test_a_unit_s_frames_do_not_depend_on_the_batch_it_is_in(pool: TrainingClips, drawn: FrameBatch) -> None:
    """What lets units be shared by workers."""
    units = pool.sampler.units(0, 4)
    part = drawn_batch(pool, units[1:3], 64, seed=0)
    assert part.numbers == drawn.numbers[2:6]
    mine = [*range(2, 6), *range(10, 14)]
    for name in ("picture", "pose", "points", "expression", "face", "weight", "eyes"):
        alone, among = getattr(part, name), getattr(drawn, name)[mine]
        assert (alone - among).abs().max() <= 1e-6 * max(1, among.abs().max()), name  # sums are rounded by their length
    other = drawn_batch(pool, units, 64, seed=1)
    assert not torch.equal(other.picture, drawn.picture)


@pytest.fixture
def dots(monkeypatch: pytest.MonkeyPatch) -> tuple[TrainingClips, list[np.ndarray]]:
    """A pool whose pictures are red, green and blue dots at three landmarks, in plain light; landmarks as drawn."""
    pool = pool_with(*(moving_clip(who) for who in range(2)))
    store = pool.store
    at = (2 * np.arange(SIZE) + 1) / SIZE - 1

    def crops(clip: int, frames: list[int]) -> np.ndarray:
        points = store.landmarks(clip, frames)[:, [33, 263, 1], :2]
        y, x = (np.exp(-(((at - points[:, :, [k]]) / 0.06) ** 2)) for k in (1, 0))
        return np.round(255 * y[:, :, :, None] * x[:, :, None, :]).astype(np.uint8).transpose(0, 2, 3, 1)

    seen: list[np.ndarray] = []

    def where(landmarks: np.ndarray, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        seen.append(landmarks)
        return real(landmarks, size)

    real = mouth_and_eyes
    monkeypatch.setattr(store, "crops", crops)
    monkeypatch.setattr(batches, "mouth_and_eyes", where)
    monkeypatch.setattr(batches, "coloured", lambda crops, random: crops)
    return pool, seen


def test_landmarks_lie_on_what_the_pictures_show(dots: tuple[TrainingClips, list[np.ndarray]]) -> None:
    """Turned, zoomed, shifted and mirrored: dots are found where the landmarks went, within half a pixel."""
    pool, seen = dots
    drawn = drawn_batch(pool, pool.sampler.units(0, 12), 64, seed=3)
    at = torch.from_numpy((2 * np.arange(SIZE) + 1) / SIZE - 1).float()
    mirrors = 0
    for picture, landmarks, pose, points in zip(drawn.picture, seen[0], drawn.pose, drawn.points, strict=True):
        for channel, point in enumerate((33, 263, 1)):
            dot = picture[channel] / picture[channel].sum()
            found = [float((dot.sum(0) * at).sum()), float((dot.sum(1) * at).sum())]
            # in a mirror, the dot drawn at the left eye lies at the right one
            partner = {33: 263, 263: 33}.get(point, point)
            errors = [np.abs(np.array(found) - landmarks[each, :2]).max() for each in (point, partner)]
            assert min(errors) < 1 / SIZE
            mirrors += errors[1] < errors[0]
        assert pose.numpy() == pytest.approx(pose_and_expression(landmarks[None])[0][0], abs=1e-5)
        head = to_picture(pose[None])[0].numpy()
        assert points.numpy() @ head[:2, :3].T + head[:2, 3] == pytest.approx(landmarks[list(EXPRESSIVE), :2], abs=1e-5)
    assert 0 < mirrors < 2 * len(drawn.picture)


def test_both_frames_of_a_clip_get_the_same_view(pool: TrainingClips) -> None:
    """What moves from the first to the second is the head, as in the clip; clips get views of their own."""
    units = pool.sampler.units(0, 4)
    drawn = drawn_batch(pool, units, 64, seed=0)
    clips = [clip for unit in units for clip in unit.clips]
    zooms = []
    for place, (clip, i, j) in enumerate(clips):
        told = pose_and_expression(pool.store.landmarks(pool.index[clip], [i, j]))[0]
        here = drawn.pose[[place, place + 8]].numpy()
        assert here[1, 5] / here[0, 5] == pytest.approx(told[1, 5] / told[0, 5], abs=3e-3)
        zoom = here[0, 5] / told[0, 5]
        way, expected = (np.linalg.norm(each[1, 3:5] - each[0, 3:5]) for each in (here, told))
        assert way == pytest.approx(zoom * expected, rel=0.25, abs=1e-3)  # a stretched view's ways are, too
        zooms.append(zoom)
    assert np.std(zooms) > 0.01


def test_both_frames_are_seen_by_one_camera_whichever_crop_it_is() -> None:
    """Crops that went to the right and grew: heads lie as far apart as the clip's camera saw them, in one size."""
    still, moving = moving_clip(0), moving_clip(1)
    camera = np.column_stack([np.linspace(-0.3, 0.3, 16), np.zeros(16), np.linspace(0.9, 1.2, 16)])
    pool = pool_with(replace(moving, camera=camera), still)
    store, unit = pool.store, (0, 1, 14)
    told = compose_pose(pose_and_expression(store.landmarks(0, [1, 14]))[0], store.camera(0, [1, 14]))
    seen = []
    for number in range(12):
        drawn = drawn_batch(pool, [ClipPair(number, (unit, (1, 2, 3)))], 64, seed=0)
        here = drawn.pose[[0, 2]].numpy()
        assert here[1, 5] / here[0, 5] == pytest.approx(told[1, 5] / told[0, 5], abs=3e-3)
        zoom = here[0, 5] / told[0, 5]
        way, expected = (np.linalg.norm(each[1, 3:5] - each[0, 3:5]) for each in (here, told))
        assert expected > 0.3
        assert way == pytest.approx(zoom * expected, rel=0.25)
        empty = [(drawn.weight[frame] == 0).float().mean() for frame in (0, 2)]
        seen.append(empty[0] < empty[1])
        pictures, ends = drawn.picture[[0, 2]], drawn.weight[[0, 2]] == 0
        assert not torch.equal(ends[0], ends[1])  # each ends where its own crop does
        assert pictures.isfinite().all()
    assert {bool(each) for each in seen} == {True, False}  # now one crop is the camera, now the other


def test_a_clip_s_second_frame_is_the_first_when_it_is_the_same(pool: TrainingClips) -> None:
    unit = ClipPair(0, ((0, 4, 4), (1, 2, 2)))
    drawn = drawn_batch(pool, [unit], 64, seed=0)
    assert torch.equal(drawn.picture[:2], drawn.picture[2:])
    assert not torch.equal(drawn.face[:2], drawn.face[2:])  # what z_dyn is read from is altered frame by frame


def test_mouth_and_eyes_count_more_and_what_the_crop_lacks_counts_nothing() -> None:
    landmarks = landmarks_in(Pose(jaw=0.5))[None]
    mouth, eyes = mouth_and_eyes(landmarks, SIZE)
    assert mouth.shape == eyes.shape == (1, 1, SIZE, SIZE)
    for part, where, other in ((MOUTH, mouth, eyes), (LEFT_EYE, eyes, mouth), (RIGHT_EYE, eyes, mouth)):
        x, y = np.round((landmarks[0, list(part), :2].mean(0) + 1) / 2 * SIZE - 0.5).astype(int)
        assert where[0, 0, y, x] > 0.9
        assert other[0, 0, y, x] < 0.2


@pytest.mark.parametrize("size", [SIZE, 256])
def test_what_is_between_the_lips_is_all_of_an_open_mouth_and_nothing_of_a_closed_one(size: int) -> None:
    landmarks = np.stack([landmarks_in(Pose(jaw=jaw)) for jaw in (0.5, 0.0)])
    inside = inside_lips(landmarks, size)
    assert inside.shape == (2, 1, size, size)
    assert 0 <= inside.min() <= inside.max() == 1
    # the area of the outline, by Gauss's formula, in pixels
    x, y = np.moveaxis((landmarks[0, list(INNER_MOUTH), :2] + 1) / 2 * size, 1, 0)
    area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    around = np.hypot(x - np.roll(x, 1), y - np.roll(y, 1)).sum()
    assert area < float(inside[0].sum()) < area + around  # its edge is drawn too
    middle = np.round((landmarks[0, list(INNER_MOUTH), :2].mean(0) + 1) / 2 * size - 0.5).astype(int)
    assert inside[0, 0, middle[1], middle[0]] == 1
    assert inside[1].sum() < inside[0].sum() / 2


def test_weights_end_where_the_crop_does(drawn: FrameBatch) -> None:
    empty = drawn.weight == 0
    assert empty.any()
    assert (drawn.weight[~empty] >= 1).all()
    assert 4 < drawn.weight.max() <= 7
    assert (drawn.eyes[empty] == 0).all()
    assert (drawn.mouth[empty] == 0).all()


def test_it_moves_to_a_device(drawn: FrameBatch) -> None:
    moved = drawn.to(torch.device("meta"))
    assert moved.picture.device.type == moved.eyes.device.type == "meta"
    assert moved.numbers == drawn.numbers
