"""Shown pictures: enlarged, marked in one corner alone, in rows with labels."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.faces.tiles import board, mark_place, marked, shown


@pytest.mark.parametrize("side", [96, 256, 512])
def test_the_mark_is_legible_and_nothing_else_changes(side: int, random: np.random.Generator) -> None:
    picture = random.integers(0, 256, (side, side, 3)).astype(np.uint8)
    plain, with_it = (shown(picture, mark, max(256, side)) for mark in (False, True))
    assert plain.shape == with_it.shape == (max(256, side),) * 2 + (3,)
    rows, columns = mark_place(*plain.shape[:2])
    assert (rows.stop, columns.stop) == (len(plain), len(plain))
    outside = np.ones(plain.shape[:2], bool)
    outside[rows, columns] = False
    assert np.array_equal(plain[outside], with_it[outside])
    corner = with_it[rows, columns]
    assert 0.03 < (corner > 200).all(2).mean() < 0.5
    assert (corner < 80).all(2).mean() > 0.5
    assert corner.shape[0] > 0.06 * len(plain)


def test_pictures_that_are_as_large_stay_as_they_are_and_larger_ones_are_averaged(random: np.random.Generator) -> None:
    picture = random.integers(0, 256, (512, 512, 3)).astype(np.uint8)
    assert shown(picture, mark=False, side=512) is picture
    means = picture.reshape(256, 2, 256, 2, 3).mean((1, 3))
    assert np.abs(shown(picture, mark=False) - means).max() <= 0.5


@pytest.mark.parametrize(("height", "width"), [(1080, 1920), (1920, 1080), (360, 640), (40, 30), (2, 2)])
def test_whole_pictures_are_marked_in_their_lower_right_corner(height: int, width: int) -> None:
    picture = np.full((height, width, 3), 120, np.uint8)
    found = marked(picture)
    rows, columns = mark_place(height, width)
    assert (rows.stop, columns.stop) == (height, width)
    assert min(rows.start, columns.start) >= 0
    outside = found.copy()
    outside[rows, columns] = 120
    assert np.array_equal(outside, picture)
    corner = found[rows, columns]
    assert (corner < 120).any()
    if min(height, width) > 300:
        assert 0.03 < (corner > 200).all(2).mean() < 0.5
        assert 0.2 < corner.shape[1] / min(height, width) < 0.5


def test_a_board_has_even_sides_and_every_tile() -> None:
    tiles = [np.full((256, 256, 3), value, np.uint8) for value in (10, 20, 30)]
    out = board([[("a", None), ("b", tiles[0])], [("", tiles[1]), ("c" * 99, tiles[2]), ("é", tiles[0])]])
    assert out.shape == (2 * (24 + 256 + 4), 3 * 260 - 4, 3)
    assert not any(side % 2 for side in out.shape[:2])
    assert (out[30:270, 2:250] == 255).all()
    assert (out[24:280, 260:516] == 10).all()
    assert (out[284 + 24 : 284 + 280, 260:516] == 30).all()
    assert (out[:24, :256] < 100).any()
