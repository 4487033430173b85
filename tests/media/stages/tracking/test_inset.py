"""The inner picture of frames filled up with a blurred copy of it, and of no other frames."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from stages.observations import Inset
from stages.tracking.inset import agreed, inset_of
from tests.made.clips import clip_of, filled_up

WIDE, TALL = (910, 512), (480, 854)
BLURS = (1, 3, 8, 20, 40)


@pytest.fixture(scope="module", params=["talking_woman", "talking_man", "looking_away"])
def frame(request: pytest.FixtureRequest, samples: Path) -> np.ndarray:
    return next(clip_of(samples / f"{request.param}.mp4", 1.0).frames).image


def upright(frame: np.ndarray) -> np.ndarray:
    """The part of a frame of 640x360 about the face, 9:16."""
    return frame[:, 250:454]


def square(frame: np.ndarray) -> np.ndarray:
    return frame[:, 180:540]


@pytest.mark.parametrize("blur", BLURS)
@pytest.mark.parametrize("dark", [1.0, 0.5])
def test_an_upright_picture_in_a_wide_frame(frame: np.ndarray, blur: float, dark: float) -> None:
    found = inset_of(filled_up(upright(frame), *WIDE, blur, dark))
    assert found is not None
    assert (found.left, found.top, found.right, found.bottom) == pytest.approx((310, 0, 600, 512), abs=2)


@pytest.mark.parametrize("blur", BLURS)
@pytest.mark.parametrize(("part", "top"), [(lambda frame: frame, 292), (square, 187)])
def test_a_wide_picture_in_an_upright_frame(frame: np.ndarray, blur: float, part, top: int) -> None:  # type: ignore[no-untyped-def]
    found = inset_of(filled_up(part(frame), *TALL, blur))
    assert found is not None
    assert (found.left, found.top, found.right, found.bottom) == pytest.approx((0, top, 480, 854 - top), abs=2)


@pytest.mark.parametrize("zoom", [1.1, 1.3])
def test_a_copy_that_is_larger_than_need_be(frame: np.ndarray, zoom: float) -> None:
    assert inset_of(filled_up(upright(frame), *WIDE, 10, zoom=zoom)) is not None


def test_a_frame_of_one_picture_has_none(samples: Path) -> None:
    for name in (
        "talking_woman",
        "talking_man",
        "looking_away",
        "two_people",
        "far_away",
        "dark",
        "no_face",
        "blurred",
    ):
        for frame in clip_of(samples / f"{name}.mp4", 0.0, 3.2).frames:
            if frame.index % 10 == 0:
                assert inset_of(frame.image) is None, (name, frame.index)


def test_bars_borders_and_other_pictures_beside_are_none(frame: np.ndarray) -> None:
    inner, height, width = cv2.resize(upright(frame), (290, 512)), 512, 910
    texture = np.random.default_rng(0).integers(0, 255, (8, 14, 3), np.uint8)
    for border in (
        np.zeros((height, width, 3), np.uint8),
        np.full((height, width, 3), (40, 90, 160), np.uint8),
        cv2.resize(texture, (width, height), interpolation=cv2.INTER_CUBIC),
        cv2.GaussianBlur(cv2.resize(frame[::-1], (width, height)), (0, 0), 12),
    ):
        shown = border.copy()
        shown[:, 310:600] = inner
        assert inset_of(shown) is None


def test_three_people_beside_each_other_are_none(frame: np.ndarray) -> None:
    """And the same person three times, as she is and mirrored: none of them is a blurred enlarged copy."""
    part = upright(frame)
    assert inset_of(np.hstack([part, part, part])) is None
    assert inset_of(np.hstack([part[:, ::-1], part, part[:, ::-1]])) is None


def test_tiny_frames_are_looked_at_too() -> None:
    assert inset_of(np.zeros((2, 2, 3), np.uint8)) is None
    assert inset_of(np.zeros((64, 64, 3), np.uint8)) is None


def test_several_frames_agree_or_do_not() -> None:
    one, near, other = Inset(310, 0, 600, 512), Inset(311, 0, 599, 512), Inset(200, 0, 710, 512)
    assert agreed([]) is None
    assert agreed([None, None]) is None
    assert agreed([one]) == one
    assert agreed([one, near, one, None]) == one
    assert agreed([one, None]) is None
    assert agreed([one, other]) is None


def test_an_inset_is_a_view_and_knows_its_size(frame: np.ndarray) -> None:
    inset = Inset(100, 0, 540, 360)
    assert inset.of(frame).shape == (360, 440, 3)
    assert inset.of(frame).base is not None
    assert inset.size == (360, 440)
    assert inset.fits(frame)
    assert not inset.fits(frame[:, :600])
