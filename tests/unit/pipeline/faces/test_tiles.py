"""Shown pictures: enlarged, marked in one corner alone, in rows with labels."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.faces.tiles import board, mark_place, shown


@pytest.mark.parametrize("side", [96, 256, 512])
def test_the_mark_is_legible_and_nothing_else_changes(side: int, random: np.random.Generator) -> None:
    picture = random.integers(0, 256, (side, side, 3)).astype(np.uint8)
    plain, marked = shown(picture, mark=False), shown(picture, mark=True)
    assert plain.shape == marked.shape == (max(256, side),) * 2 + (3,)
    rows, columns = mark_place(len(plain))
    assert (rows.stop, columns.stop) == (len(plain), len(plain))
    outside = np.ones(plain.shape[:2], bool)
    outside[rows, columns] = False
    assert np.array_equal(plain[outside], marked[outside])
    corner = marked[rows, columns]
    assert 0.03 < (corner > 200).all(2).mean() < 0.5
    assert (corner < 80).all(2).mean() > 0.5
    assert corner.shape[0] > 0.06 * len(plain)


def test_larger_pictures_stay_as_they_are(random: np.random.Generator) -> None:
    picture = random.integers(0, 256, (512, 512, 3)).astype(np.uint8)
    assert shown(picture, mark=False) is picture


def test_a_board_has_even_sides_and_every_tile() -> None:
    tiles = [np.full((256, 256, 3), value, np.uint8) for value in (10, 20, 30)]
    out = board([[("a", None), ("b", tiles[0])], [("", tiles[1]), ("c" * 99, tiles[2]), ("é", tiles[0])]])
    assert out.shape == (2 * (24 + 256 + 4), 3 * 260 - 4, 3)
    assert not any(side % 2 for side in out.shape[:2])
    assert (out[30:270, 2:250] == 255).all()
    assert (out[24:280, 260:516] == 10).all()
    assert (out[284 + 24 : 284 + 280, 260:516] == 30).all()
    assert (out[:24, :256] < 100).any()
