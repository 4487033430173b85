"""The whole picture of a portrait, and the driven square in its place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.faces.detail import margin_of
from pipeline.faces.scene import Scene, Square, side_of

HEIGHT, WIDTH = 180, 241


def seen_at(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The colours of a smooth picture at places in it, uint8 [..., 3]; edges of pixels count."""
    waves = [np.sin(x / 17 + 1), np.cos(y / 13), np.sin((x + y) / 23)]
    return np.stack([128 + 90 * each for each in waves], -1).round().astype(np.uint8)


def picture(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return seen_at(*np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5))


def in_square(square: Square, side: int) -> np.ndarray:
    """What a square of the picture shows at `side` pixels, however far it reaches beyond."""
    at = (np.arange(side) + 0.5) / side * square.side
    return seen_at(*np.meshgrid(square.x + at, square.y + at))


@pytest.mark.parametrize("square", [Square(40, 30, 96), Square(40.4, 29.7, 96.3), Square(-20, 100, 96)])
def test_at_its_own_size_a_picture_stays_to_the_bit(square: Square) -> None:
    """But for an odd last column, which no video can have."""
    scene = Scene.of(picture(), square, 96)
    assert np.array_equal(scene.picture, picture()[:, :240])
    assert (scene.x, scene.y, scene.side) == (round(square.x), round(square.y), 96)


@pytest.mark.parametrize("own", [96.0, 97.0, 96.6, 101.2])
def test_what_is_driven_as_large_as_it_is_is_never_drawn_anew(own: float) -> None:
    """Videos want even sides; the picture around a square of an odd one is left as it is all the same."""
    scene = Scene.of(picture(), Square(40, 30, own), side_of(None, own))
    assert np.array_equal(scene.picture, picture()[:, :240])


@settings(max_examples=60)
@given(
    x=st.floats(20, 60),
    y=st.floats(20, 40),
    own=st.floats(70, 110),
    side=st.sampled_from([24, 48, 64, 96, 128, 200, 384]),
)
def test_at_other_sizes_the_square_lies_where_it_should(x: float, y: float, own: float, side: int) -> None:
    """To within a tenth of a pixel of the picture: at once colours would be off by half a shade."""
    square = Square(x, y, own)
    scene = Scene.of(picture(), square, side)
    found = scene.picture[scene.y : scene.y + side, scene.x : scene.x + side].astype(float)
    wanted = in_square(square, side).astype(float)
    if side == side_of("source", own):  # then nothing is drawn anew, and the square has a pixel less where that is odd
        return
    assert abs((found - wanted).mean()) < 0.5
    per_pixel = 90 / 13  # shades that a step of a pixel makes at most
    assert np.abs(found - wanted).mean() < 0.1 * per_pixel + 0.5
    assert np.abs(found - wanted).max() < 0.35 * per_pixel + 2
    assert not any(count % 2 for count in scene.picture.shape[:2])
    scale = side / own
    assert np.abs(np.array(scene.picture.shape[:2]) - np.array([HEIGHT, WIDTH]) * scale).max() <= 2


@pytest.mark.parametrize("away", [(-30, 20), (190, 20), (60, -25), (60, 120), (-30, -30), (190, 130)])
@pytest.mark.parametrize("side", [96, 64])
def test_a_square_that_is_partly_beyond_the_frame(away: tuple[int, int], side: int) -> None:
    square = Square(*map(float, away), 96.0)
    scene = Scene.of(picture(), square, side)
    margin, detail = margin_of(side), scene.detail
    assert detail.margin == margin
    assert detail.picture.shape == (side + 2 * margin,) * 2 + (3,)
    frame = np.zeros(scene.picture.shape[:2], bool)
    rows, columns = np.mgrid[scene.y : scene.y + side, scene.x : scene.x + side]
    inside = (rows >= 0) & (rows < frame.shape[0]) & (columns >= 0) & (columns < frame.shape[1])
    assert inside.any()
    assert not inside.all()
    assert np.array_equal(detail.crop[inside], scene.picture[rows[inside], columns[inside]])
    drawn = np.full((side, side, 3), 255, np.uint8)
    out = scene.with_square(drawn)
    frame[rows[inside], columns[inside]] = True
    assert np.array_equal(out[~frame], scene.picture[~frame])
    assert (out[frame] != scene.picture[frame]).any(1).mean() > 0.5


BEYOND = [(-150, 20), (-96, 20), (241, 20), (300, 20), (60, -97), (60, -300), (60, 181), (60, 400)]


@pytest.mark.parametrize("away", BEYOND)
def test_a_square_wholly_beyond_the_frame_changes_nothing(away: tuple[int, int]) -> None:
    scene = Scene.of(picture(), Square(*map(float, away), 96.0), 96)
    assert scene.detail.picture.shape == (96 + 2 * margin_of(96),) * 2 + (3,)
    assert np.array_equal(scene.with_square(np.full((96, 96, 3), 255, np.uint8)), scene.picture)


def test_a_square_goes_back_whole_in_its_middle_and_soft_at_its_border() -> None:
    scene = Scene(np.zeros((180, 240, 3), np.uint8), 70, 40, 100)
    out = scene.with_square(np.full((100, 100, 3), 200, np.uint8))
    outside = np.ones((180, 240), bool)
    outside[40:140, 70:170] = False
    assert not out[outside].any()
    assert (out[48:132, 78:162] == 200).all()
    for line in (out[90, 70:120], out[90, 169:119:-1], out[40:90, 120], out[139:89:-1, 120]):
        rise = line[:10, 0].astype(int)
        assert rise[0] < 10  # no line is seen where it begins
        assert (np.diff(rise[:9]) > 0).all()
        assert np.diff(rise).max() < 60
    assert not scene.picture.any()


def test_what_is_put_back_unchanged_changes_nothing() -> None:
    for away in ((40, 30), (-30, 120)):
        scene = Scene.of(picture(), Square(*map(float, away), 96.0), 64)
        assert np.array_equal(scene.with_square(scene.detail.crop), scene.picture)


@pytest.mark.parametrize(
    ("size", "own", "side"),
    [
        (None, 900.0, 384),
        (None, 384.0, 384),
        (None, 200.4, 200),
        (None, 171.0, 170),
        ("96", 50.0, 96),
        ("96", 500.0, 96),
        ("256", 100.0, 256),
        ("384", 100.0, 384),
        ("512", 2000.0, 512),
        ("source", 733.2, 732),
        ("source", 90.0, 90),
        ("source", 0.6, 2),
    ],
)
def test_pixels_of_a_square(size, own: float, side: int) -> None:  # type: ignore[no-untyped-def]
    """Even, as videos want it; without a size no more than the source has."""
    assert side_of(size, own) == side


def test_a_picture_that_no_video_can_hold_is_refused_with_what_to_do() -> None:
    blank = np.zeros((100, 2100, 3), np.uint8)
    assert Scene.of(blank, Square(0, 0, 50), 190).picture.shape == (380, 7980, 3)
    with pytest.raises(UsageError, match="would be 8400 x 400 pixels with a face of 200: .*smaller --size, or --crop"):
        Scene.of(blank, Square(0, 0, 50), 200)
