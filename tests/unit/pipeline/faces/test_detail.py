"""What a source picture is given around it: it goes on as the picture ends, without streaks."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.faces.detail import Detail, filmed, margin_of, surrounded

EDGES = ("top", "bottom", "left", "right")


def textured(side: int = 96, seed: int = 0) -> np.ndarray:
    """A crop uint8 RGB [S, S, 3] no line of which is like the next."""
    random = np.random.default_rng(seed)
    coarse = random.integers(30, 226, (side // 2 + 1, side // 2 + 1, 3)).astype(np.uint8)
    return cv2.resize(coarse, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)[:side, :side]


def repeated(crop: np.ndarray, **lines: int) -> np.ndarray:
    """The crop with so many lines at each edge that are the next one again, as a warp leaves them."""
    top, bottom, left, right = (lines.get(edge, 0) for edge in EDGES)
    inner = crop[top : len(crop) - bottom, left : len(crop) - right]
    return cv2.copyMakeBorder(inner, top, bottom, left, right, cv2.BORDER_REPLICATE)


def webp(crop: np.ndarray) -> np.ndarray:
    """The crop as it comes back from a catalog."""
    return cv2.imdecode(cv2.imencode(".webp", crop, [cv2.IMWRITE_WEBP_QUALITY, 95])[1], cv2.IMREAD_COLOR)


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("stored", [False, True], ids=["as it is", "as WebP"])
def test_lines_repeated_at_an_edge_are_found_and_no_others(edge: str, stored: bool) -> None:
    for count in (0, 1, 7, 40):
        crop = repeated(textured(), **{edge: count})
        top, bottom, left, right = filmed(webp(crop) if stored else crop)
        found = dict(zip(EDGES, (top, 96 - bottom, left, 96 - right), strict=True))
        assert found == {**dict.fromkeys(EDGES, 0), edge: count}


@settings(max_examples=30)
@given(lines=st.tuples(*[st.integers(0, 30)] * 4), seed=st.integers(0, 9))
def test_lines_repeated_at_all_edges_are_found(lines: tuple[int, int, int, int], seed: int) -> None:
    """On a chequered ground: of 96 pixels 36 may be left, in which two lines of texture alone are alike by chance."""
    top, bottom, left, right = lines
    chequered = 60 * (np.indices((96, 96)).sum(0) % 2)[..., None]
    crop = repeated((textured(seed=seed) // 2 + chequered).astype(np.uint8), **dict(zip(EDGES, lines, strict=True)))
    assert filmed(crop) == (top, 96 - bottom, left, 96 - right)


@settings(max_examples=30)
@given(side=st.integers(8, 130), lines=st.tuples(*[st.integers(0, 2)] * 4))
def test_what_was_filmed_stays_to_the_bit_and_there_is_an_eighth_around_it(
    side: int, lines: tuple[int, int, int, int]
) -> None:
    crop = repeated(textured(side), **dict(zip(EDGES, lines, strict=True)))
    found = Detail.of(crop)
    assert found.margin == margin_of(side) == -(-side // 8)
    assert found.picture.shape == (side + 2 * found.margin,) * 2 + (3,)
    assert found.picture.dtype == np.uint8
    top, bottom, left, right = lines
    inner = slice(top, side - bottom), slice(left, side - right)
    assert np.array_equal(found.crop[inner], crop[inner])


def test_a_margin_begins_as_the_picture_ends_and_has_no_streaks() -> None:
    """Along an edge it varies as the picture does at first, and the farther away the less."""
    crop = textured(384)
    detail = Detail.of(crop)
    for turn in range(4):
        picture = np.rot90(detail.picture, turn).astype(float)
        lines = picture[: detail.margin + 1, detail.margin : -detail.margin][::-1]  # the picture's first one, outwards
        step = np.abs(np.diff(lines, axis=0)).mean((1, 2))
        within = np.abs(np.diff(np.rot90(crop, turn).astype(float)[:48], axis=0)).mean()
        assert step[0] < 1.5 * within
        assert step[8:].max() < within / 2
        varies = [float(lines[away].std(0).mean()) for away in (0, 2, 4, 8, 16, 32, 48)]
        assert varies == sorted(varies, reverse=True)
        assert varies[-1] < 0.25 * varies[0]
        streaks = np.abs(np.diff(lines, axis=1)).mean((1, 2))
        assert streaks[16] < 0.1 * streaks[0]


def test_repeated_lines_are_replaced_by_what_has_no_streaks() -> None:
    crop = repeated(textured(), bottom=24)
    found = Detail.of(crop).crop.astype(float)
    streaks = np.abs(np.diff(found, axis=1)).mean((1, 2))
    assert streaks[-1] < 0.15 * streaks[71]
    assert np.abs(np.diff(crop.astype(float), axis=1)).mean((1, 2))[-1] > 0.9 * streaks[71]


def test_of_one_colour_all_is_that_colour() -> None:
    crop = np.full((96, 96, 3), (200, 10, 90), np.uint8)
    assert filmed(crop) == (0, 96, 0, 96)
    assert (Detail.of(crop).picture == crop[0, 0]).all()


def test_sides_may_be_of_any_width(random: np.random.Generator) -> None:
    picture = random.integers(0, 256, (11, 17, 3)).astype(np.uint8)
    found = surrounded(picture, 3, 0, 1, 250)
    assert found.shape == (14, 268, 3)
    assert np.array_equal(found[3:, 1:18], picture)
    assert np.array_equal(surrounded(picture, 0, 0, 0, 0), picture)
