"""Pictures kept for the grid: a few pairs of each test, the same for every method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.faces.face_crop import FaceCrop

TESTS = {
    "self": "own motion",
    "both": "another's motion",
    "pose": "another's pose alone",
    "dynamics": "another's dynamics alone",
}
"""What the tests with pictures are called in words."""

_MANY, _FEW = 4, 2


@dataclass(frozen=True)
class Shown:
    """Who was asked to move how (a key of TESTS), and what came of it; all uint8 RGB [S, S, 3]."""

    test: str
    source: np.ndarray
    driver: np.ndarray
    result: np.ndarray


def kept(
    test: str,
    place: int,
    count: int,
    source: FaceCrop,
    drivers: Sequence[FaceCrop],
    pictures: Sequence[np.ndarray],
) -> list[Shown]:
    """The middle picture of pair `place` of `count`, if it is one of those that are kept: a few, spread over all."""
    pairs = _MANY if test in ("self", "both") else _FEW
    if place not in {round(turn * (count - 1) / (pairs - 1)) for turn in range(pairs)}:
        return []
    middle = len(drivers) // 2
    return [Shown(test, source.picture, drivers[middle].picture, pictures[middle])]
