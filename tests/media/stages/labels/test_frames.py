"""Frames for face training: as many pictures as frames, faithful to the crop, landmarks where the face is."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from stages.clip import Clip
from stages.labels.frames import FaceFrames
from tests.made.clips import accepted, first_frames, turned_clip


def stored(stage: FaceFrames, clip: Clip) -> dict:
    return dict(accepted(stage.open()(clip)).stored)


def picture(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))


@pytest.mark.parametrize(("size", "least", "most_bytes"), [(96, 37, 4000), (256, 41, 14_000)])
def test_pictures_are_the_crops(man: Clip, size: int, least: float, most_bytes: int) -> None:
    clip = first_frames(man, 12)
    found = stored(FaceFrames(size=size), clip)
    assert found["size"] == size
    assert len(found["crops"]) == 12
    for data, crop in zip(found["crops"], clip.tracked().crops, strict=True):
        small = cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA)
        assert picture(data).shape == (size, size, 3)
        assert psnr(picture(data), small) > least
        assert len(data) < most_bytes


def test_without_loss_nothing_is_lost(man: Clip) -> None:
    clip = first_frames(man, 2)
    found = stored(FaceFrames(size=256, quality=101), clip)
    assert all(np.array_equal(picture(a), b) for a, b in zip(found["crops"], clip.tracked().crops, strict=True))


def test_landmarks_are_in_crop_units_whatever_the_size() -> None:
    clip = turned_clip(np.array([[0, 0, 0], [0, 30.0, 0]]))
    large, small = (stored(FaceFrames(size=size), clip)["landmarks"] for size in (256, 64))
    assert large.dtype == np.float16
    assert np.array_equal(large, small)
    points = large.reshape(2, 468, 3).astype(float)
    # the crop is 1.9 faces wide and centred on a face at the middle of the frame
    assert points[0, :, :2] == pytest.approx(clip.tracked().unit_landmarks()[0, :, :2], abs=1e-3)
    assert np.abs(points[0, :, 0].max() + points[0, :, 0].min()) < 0.02
    assert 0.9 < 1.9 * np.ptp(points[0, :, 1]) / 2 < 1.1
    # what is nearer to the camera has the smaller z: the nose's tip before the cheeks
    assert points[0, 1, 2] < points[0, [234, 454], 2].min()


def test_the_camera_is_where_the_crops_lie() -> None:
    """A crop that is cut 38 pixels farther right in the frame lies as far right of the others."""
    clip = turned_clip(np.zeros((3, 3)))
    track = clip.tracked()
    matrix = track.crop_matrix.copy()
    matrix[2, 0, 2] -= 38 * matrix[2, 0, 0]
    found = stored(FaceFrames(), replace(clip, track=replace(track, crop_matrix=matrix)))["camera"]
    side = len(track.crops[0]) / matrix[0, 0, 0]
    assert found == pytest.approx(np.array([[0, 0, 1], [0, 0, 1], [2 * 38 / side, 0, 1]]), abs=1e-5)


def test_frames_without_a_face_are_marked(man: Clip) -> None:
    clip = first_frames(man, 3)
    gone = replace(clip, track=replace(clip.tracked(), present=np.array([True, False, True])))
    assert list(stored(FaceFrames(), gone)["seen"]) == [True, False, True]


def test_a_crop_is_never_enlarged() -> None:
    with pytest.raises(ValueError, match="a crop of 256 pixels has no 512: set track.size=512"):
        FaceFrames(size=512).open()(turned_clip(np.zeros((1, 3))))


def test_what_is_no_size_or_quality_is_refused() -> None:
    for wrong in ({"size": 0}, {"quality": 0}, {"quality": 102}):
        with pytest.raises(ValueError, match="pixels|quality"):
            FaceFrames(**wrong)
