"""Blinks are counted, and what is none is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluation.motion.blinks import blinks


def lids(starts: list[int], frames: int = 250, long: int = 5, depth: float = 0.9) -> np.ndarray:
    """Lids .3 apart that close by a share of it for `long` frames, half of it in the frames beside."""
    found = np.full(frames, 0.3)
    for start in starts:
        found[start - 1 : start + long + 1] = 0.3 * (1 - depth / 2)
        found[start : start + long] = 0.3 * (1 - depth)
    return found


@given(st.lists(st.integers(0, 11), unique=True), st.floats(0.01, 100), st.integers(1, 8))
def test_as_many_as_there_are_in_any_unit(places: list[int], unit: float, long: int) -> None:
    assert blinks(unit * lids([5 + 20 * place for place in places], long=long)) == len(places)


@pytest.mark.parametrize(
    ("what", "count"),
    [
        ({"depth": 0.2}, 0),  # a flutter
        ({"long": 30}, 0),  # a look down
        ({"long": 10}, 2),
        ({"depth": 0.5}, 2),
    ],
)
def test_flutter_and_looks_down_are_none(what: dict[str, float], count: int) -> None:
    assert blinks(lids([50, 150], **what)) == count  # type: ignore[arg-type]


def test_noise_is_none_and_hides_none() -> None:
    noise = 0.01 * np.random.default_rng(0).normal(size=250)
    assert blinks(lids([]) + noise) == 0
    assert blinks(lids([30, 90, 200]) + noise) == 3
