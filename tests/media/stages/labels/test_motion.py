"""Stills and freezes are told from faces that move, whatever is done to the picture around and over them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from stages.clip import Clip
from stages.labels.motion import Motion, interval
from tests.made.clips import TrackOf, accepted, rejected

RUN = Motion().open()

Picture = Callable[[np.ndarray, int], np.ndarray]


def showing(clip: Clip, frames: np.ndarray, change: Picture = lambda crop, _: crop) -> Clip:
    """The tracked clip with other frames of itself at each moment, and `change`d; its source has them all."""
    track = clip.tracked()
    shown = replace(
        track,
        times=np.arange(len(frames)) / 25,
        landmarks=track.landmarks[frames],
        present=np.ones(len(frames), bool),
        crops=[change(track.crops[frame], index) for index, frame in enumerate(frames)],
        crop_matrix=track.crop_matrix[frames],
    )
    return replace(clip, track=shown, start_s=0.0, end_s=len(frames) / 25)


def frozen(clip: Clip, first: int, end: int) -> Clip:
    """The clip whose picture stands still from frame `first` to frame `end` - 1."""
    frames = np.arange(115)
    frames[first:end] = first
    return showing(clip, frames)


def same(crop: np.ndarray, _: int) -> np.ndarray:
    return crop


def noisy(crop: np.ndarray, index: int) -> np.ndarray:
    added = crop + np.random.default_rng(index).normal(0, 8, crop.shape)
    return np.clip(added, 0, 255).astype(np.uint8)


def panned(crop: np.ndarray, index: int) -> np.ndarray:
    """By less than landmarks are off: the tracker follows the rest."""
    matrix = cv2.getRotationMatrix2D((128, 128), 0.01 * index, 1 + 0.0002 * index)
    matrix[:, 2] += np.sin(index / 9)
    return cv2.warpAffine(crop, matrix, crop.shape[:2], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def compressed(crop: np.ndarray, index: int) -> np.ndarray:
    """As a codec does it: another picture of the same thing at each key frame, two a second."""
    _, data = cv2.imencode(".jpg", np.roll(crop, index // 12 % 8, axis=1), [cv2.IMWRITE_JPEG_QUALITY, 30])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.roll(decoded, -(index // 12 % 8), axis=1)


def flickering(crop: np.ndarray, index: int) -> np.ndarray:
    return np.clip(crop * (1 + 0.08 * np.sin(index * 0.7)), 0, 255).astype(np.uint8)


def with_a_waveform(crop: np.ndarray, index: int) -> np.ndarray:
    out = crop.copy()
    heights = np.random.default_rng(index).integers(4, 28, 32)
    for column, height in enumerate(heights):
        out[256 - height :, 8 * column : 8 * column + 5] = (90, 255, 120)
    return out


@pytest.mark.parametrize("name", ["man", "woman"])
def test_a_face_that_talks_moves_all_the_time(request: pytest.FixtureRequest, name: str) -> None:
    clip = accepted(RUN(request.getfixturevalue(name)))
    assert clip.columns["motion"] == pytest.approx(1.0)


@pytest.mark.parametrize("change", [same, noisy, panned, compressed, flickering, with_a_waveform])
@pytest.mark.parametrize("name", ["man", "woman"])
def test_a_still_photo_does_not_move(request: pytest.FixtureRequest, name: str, change: Picture) -> None:
    out = rejected(RUN(showing(request.getfixturevalue(name), np.full(100, 40), change)))
    assert out.reason == "still_picture"
    assert out.detail == "the face stands still from 0.00 to 4.00 s: 100% of the time"
    assert out.clip.columns["motion"] == 0.0


@pytest.mark.parametrize("change", [noisy, compressed, flickering, with_a_waveform])
def test_what_a_still_photo_survives_a_talking_face_survives_too(man: Clip, change: Picture) -> None:
    assert accepted(RUN(showing(man, np.arange(100), change))).columns["motion"] == pytest.approx(1.0)


def test_a_photo_in_a_file_that_is_zoomed_into_does_not_move(track_of: TrackOf) -> None:
    out = rejected(RUN(accepted(track_of("still_photo"))))
    assert (out.reason, out.clip.columns["motion"]) == ("still_picture", 0.0)


@pytest.mark.parametrize(("first", "end"), [(60, 115), (0, 55), (30, 85)])
def test_a_picture_that_freezes(woman: Clip, first: int, end: int) -> None:
    out = rejected(RUN(frozen(woman, first, end)))
    assert out.reason == "still_picture"
    assert out.clip.columns["motion"] == pytest.approx(1 - (end - first) / 115, abs=0.08)
    found = re.fullmatch(r"the face stands still from (\S+) to (\S+) s: [45]\d% of the time", out.detail)
    assert found
    assert [float(text) for text in found.groups()] == pytest.approx([first / 25, end / 25], abs=0.41)


@pytest.mark.parametrize(("seconds", "motion"), [(0.5, 1.0), (1.0, 1.0), (1.8, 0.61)])
def test_a_short_freeze_passes(woman: Clip, seconds: float, motion: float) -> None:
    clip = accepted(RUN(frozen(woman, 50, 50 + round(25 * seconds))))
    assert clip.columns["motion"] == pytest.approx(motion, abs=0.041)


def test_a_long_freeze_does_not_however_long_the_clip(woman: Clip) -> None:
    frames = np.concatenate([np.arange(115), np.arange(114, -1, -1), np.arange(115), np.full(90, 114)])
    out = rejected(RUN(showing(woman, frames)))
    assert out.clip.columns["motion"] == pytest.approx(345 / 435, abs=0.02)
    assert out.detail.startswith("the face stands still from 13.")
    assert accepted(RUN(showing(woman, frames[:410]))).columns["motion"] == pytest.approx(345 / 410, abs=0.02)


def test_the_times_are_those_of_the_source(woman: Clip) -> None:
    clip = replace(showing(woman, np.full(100, 40)), start_s=20.0, end_s=24.0)
    assert rejected(RUN(clip)).detail == "the face stands still from 20.00 to 24.00 s: 100% of the time"


def test_several_freezes_are_named_up_to_three(woman: Clip) -> None:
    frames = np.concatenate([part for i in range(4) for part in (np.full(45, 20 * i), np.arange(20, 60))])
    detail = rejected(RUN(showing(woman, frames))).detail
    assert detail.count("from") == 3
    assert " and 1 times more: " in detail


@pytest.mark.parametrize("rate", [1, 5, 12])
def test_few_frames_a_second_are_no_freeze(woman: Clip, rate: int) -> None:
    """The source shows each frame for up to a second."""
    shown = np.arange(100) * rate // 25
    clip = showing(woman, shown * 25 // rate)
    slow = replace(clip, track=replace(clip.tracked(), times=shown / rate))
    assert accepted(RUN(slow)).columns["motion"] == 1.0
    still = showing(woman, np.full(100, 40))
    assert rejected(RUN(replace(still, track=replace(still.tracked(), times=shown / rate)))).reason == "still_picture"


def test_a_frame_that_the_source_holds_much_longer_than_others_is_a_freeze(woman: Clip) -> None:
    clip = frozen(woman, 50, 110)
    held = clip.tracked().times.copy()
    held[50:110] = held[50]
    out = rejected(RUN(replace(clip, track=replace(clip.tracked(), times=held))))
    assert out.clip.columns["motion"] == pytest.approx(1 - 60 / 115, abs=0.05)


def test_the_thresholds_are_parameters(woman: Clip) -> None:
    still, half = showing(woman, np.full(100, 40)), frozen(woman, 50, 110)
    assert accepted(Motion(minimum=0.0, longest=4.0).open()(still)).columns["motion"] == 0.0
    assert rejected(Motion(minimum=0.0, longest=3.9).open()(still)).reason == "still_picture"
    assert accepted(Motion(minimum=0.4).open()(half)).columns["motion"] < 0.5
    assert accepted(Motion(brief=3.0).open()(half)).columns["motion"] == 1.0
    assert rejected(Motion(still=50.0).open()(woman)).clip.columns["motion"] == 0.0
    with pytest.raises(ValueError, match=r"moments of 0\.01 s are shorter than a frame"):
        Motion(step=0.01)


def test_the_usual_interval_of_a_source() -> None:
    assert interval(np.array([0, 0, 0, 1, 1, 2, 2, 2, 9.0])) == 1.0
    assert interval(np.zeros(5)) == 0.0
