"""The picture grid has a block a test, a row a pair, a column a method."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.evaluation.faces.grid import grid, write_grid
from pipeline.evaluation.faces.kept_pictures import Shown, kept
from pipeline.faces.face_crop import FaceCrop


def tile(value: int, side: int = 64) -> np.ndarray:
    return np.full((side, side, 3), value, np.uint8)


SHOWN = {
    "model": [Shown("self", tile(10), tile(20), tile(30)), Shown("both", tile(11), tile(21), tile(31))],
    "true frame": [Shown("self", tile(10), tile(20), tile(40))],
}


def test_pictures_stand_under_their_names() -> None:
    image = grid(SHOWN)
    # two blocks of a title, names and one row; source, driver and two methods
    assert image.shape == (2 * (22 + 22 + 132), 4 * 132 - 4, 3)
    assert [int(image[44 + 64, 132 * column + 64, 0]) for column in range(4)] == [10, 20, 30, 40]
    assert [int(image[176 + 44 + 64, 132 * column + 64, 0]) for column in range(4)] == [11, 21, 31, 255]
    assert image[:44].min() < 100


def test_it_is_written_as_png(tmp_path: Path) -> None:
    path = write_grid(SHOWN, tmp_path / "faces.png")
    assert np.array_equal(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), grid(SHOWN))
    assert [each.name for each in tmp_path.iterdir()] == ["faces.png"]


@pytest.mark.parametrize(
    ("test", "count", "places"), [("self", 22, [0, 7, 14, 21]), ("pose", 22, [0, 21]), ("both", 1, [0])]
)
def test_a_few_pairs_spread_over_all_are_kept(test: str, count: int, places: list[int]) -> None:
    views = [FaceCrop(tile(value), np.zeros((468, 3))) for value in range(5)]
    pictures = [tile(value + 100) for value in range(5)]
    found = [kept(test, place, count, views[0], views, pictures) for place in range(count)]
    assert [place for place, shown in enumerate(found) if shown] == places
    assert (found[0][0].driver[0, 0, 0], found[0][0].result[0, 0, 0]) == (2, 102)
