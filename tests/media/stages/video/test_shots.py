"""Scene changes: joins of two clips are found, motion inside a clip is not taken for one."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from stages.tracking.track import FaceTrack
from stages.video.shots import CutFinder, colour_difference, grey_difference, histograms, reduced
from tests.made.clips import clip_of

NAMES = ("talking_woman", "talking_man", "looking_away", "no_face", "face_leaves", "far_away")


def finder() -> CutFinder:
    return CutFinder(FaceTrack().cut_colour, FaceTrack().cut_grey)


@pytest.fixture(scope="module")
def pictures(samples: Path) -> dict[str, list[np.ndarray]]:
    """Every other frame of some sample clips, at half their size."""
    return {
        name: [frame.image[::2, ::2] for frame in clip_of(samples / f"{name}.mp4").frames if frame.index % 2 == 0]
        for name in NAMES
    }


def cuts(images: list[np.ndarray]) -> list[int]:
    found = finder()
    return [i for i, image in enumerate(images) if found.starts_shot(image)]


def test_no_cut_inside_a_clip(pictures: dict[str, list[np.ndarray]]) -> None:
    assert {name: cuts(images) for name, images in pictures.items()} == {name: [] for name in NAMES}


@pytest.mark.parametrize(
    ("first", "second"), [pair for pair in permutations(NAMES[:4], 2) if set(pair) != {"talking_woman", "looking_away"}]
)
def test_the_join_of_two_clips_is_found(pictures: dict[str, list[np.ndarray]], first: str, second: str) -> None:
    joined = [*pictures[first][-5:], *pictures[second][:5]]
    assert cuts(joined) == [5]


def test_a_fade_and_a_still_picture_are_no_cut(pictures: dict[str, list[np.ndarray]]) -> None:
    a, b = (pictures[name][0].astype(float) for name in ("talking_woman", "talking_man"))
    fade = [(a * (1 - t) + b * t).astype(np.uint8) for t in np.linspace(0, 1, 25)]
    assert cuts(fade) == []
    assert cuts([fade[0]] * 3) == []


def test_both_colour_and_brightness_must_change() -> None:
    dark, bright = np.full((90, 160, 3), 40, np.uint8), np.full((90, 160, 3), 220, np.uint8)
    assert CutFinder(0.2, 27.5).starts_shot(dark) is False
    for colour, grey, cut in ((0.2, 27.5, True), (1.1, 27.5, False), (0.2, 200.0, False)):
        found = CutFinder(colour, grey)
        found.starts_shot(dark)
        assert found.starts_shot(bright) is cut


def test_the_difference_is_0_of_the_same_and_1_of_the_opposite() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (200, 300, 3), np.uint8)
    (small, grey), (black, dark), (white, bright) = (
        reduced(picture) for picture in (image, np.zeros((50, 50, 3), np.uint8), np.full((50, 50, 3), 255, np.uint8))
    )
    assert (colour_difference(small, small), grey_difference(grey, grey)) == (0, 0)
    assert (colour_difference(black, white), grey_difference(dark, bright)) == pytest.approx((1, 255))
    assert histograms(small).sum() == pytest.approx(1)


@pytest.mark.parametrize("shape", [(1, 1), (3, 700), (1080, 1920)])
def test_frames_of_any_size(shape: tuple[int, int]) -> None:
    small, grey = reduced(np.full((*shape, 3), 9, np.uint8))
    assert (small.shape, grey.shape) == ((64, 64, 3), (64, 64))
    assert histograms(small).shape == (4, 128)
