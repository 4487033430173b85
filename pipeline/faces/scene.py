"""The whole picture that a portrait is cut from, and where in it the driven square goes back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Literal, NamedTuple

import cv2
import numpy as np

from pipeline.errors import UsageError
from pipeline.faces.detail import Detail, margin_of, surrounded

Size = Literal["96", "256", "384", "512", "source"]
"""Pixels of a driven square, or as many as it has in the source."""

USUAL = 384
"""Pixels of a driven square where its source has as many."""
_SOFT = 0.08
"""Share of the square's side over which it passes into the picture around it."""
_LARGEST = 8192
"""Pixels of a side that a video may have at most: beyond, players give up."""


@dataclass(frozen=True)
class Square:
    """A square of a picture: x and y of its upper left corner and its side, in pixels, as pixels' edges count."""

    x: float
    y: float
    side: float


@dataclass(frozen=True)
class Scene:
    """picture: uint8 RGB [H, W, 3], both even, in which the square has `side` pixels, from row `y` and column `x` on;
    these may lie outside."""

    picture: np.ndarray
    x: int
    y: int
    side: int

    @classmethod
    def of(cls, picture: np.ndarray, square: Square, side: int) -> Scene:
        """The picture, uint8 RGB [H, W, 3], as large as makes the square `side` pixels wide.

        At its own size it stays to the bit, but for a last row or column where their number is odd. UsageError: it
        would be larger than a video can be.
        """
        scale = side / square.side
        same = side == side_of("source", square.side)
        if same:
            scale = 1.0
        height, width = (max(2, 2 * int(count * scale / 2)) for count in picture.shape[:2])
        if max(height, width) > _LARGEST:
            raise UsageError(
                f"the whole picture would be {width} x {height} pixels with a face of {side}: give a smaller --size, "
                "or --crop for the face alone"
            )
        x, y = round(square.x * scale), round(square.y * scale)
        if same:
            return cls(picture[:height, :width], x, y, side)
        smaller, left = picture, scale
        while left <= 0.5:
            half = (smaller.shape[1] // 2, len(smaller) // 2)
            even = smaller[: 2 * half[1], : 2 * half[0]]
            smaller, left = cv2.resize(even, half, interpolation=cv2.INTER_AREA), 2 * left
        # the square's corner falls between two pixels, the scene's does not
        shift = np.array([x - square.x * scale, y - square.y * scale]) + (left - 1) / 2
        matrix = np.array([[left, 0, shift[0]], [0, left, shift[1]]])
        how = cv2.INTER_CUBIC if left > 1 else cv2.INTER_LINEAR
        out = cv2.warpAffine(smaller, matrix, (width, height), flags=how, borderMode=cv2.BORDER_REPLICATE)
        return cls(out, x, y, side)

    @property
    def detail(self) -> Detail:
        """The square with what is around it."""
        margin = margin_of(self.side)
        rows, columns = (
            _nearest(corner - margin, corner + self.side + margin, count)
            for corner, count in ((self.y, self.picture.shape[0]), (self.x, self.picture.shape[1]))
        )
        inner = self.picture[rows.first : rows.last, columns.first : columns.last]
        return Detail(surrounded(inner, rows.before, rows.after, columns.before, columns.after), margin)

    def with_square(self, drawn: np.ndarray) -> np.ndarray:
        """The picture with a driven square, uint8 RGB [side, side, 3], in its place, soft at its border."""
        out = self.picture.copy()
        there, here = self._places(range(self.side), range(self.side))
        out[there] = drawn[here]
        for rows, columns in _soft_parts(self.side):
            there, here = self._places(rows, columns)
            beneath = self.picture[there]
            mixed = beneath + _soft(self.side)[here][..., None] * (drawn[here].astype(np.float32) - beneath)
            out[there] = mixed.round().astype(np.uint8)
        return out

    def _places(self, rows: range, columns: range) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Where a part of the square lies in the picture, and in the square, as far as the picture goes."""
        height, width = self.picture.shape[:2]
        parts = _within(rows, self.y, height), _within(columns, self.x, width)
        there = [slice(at + part.start, at + part.stop) for part, at in zip(parts, (self.y, self.x), strict=True)]
        here = [slice(part.start, part.stop) for part in parts]
        return (there[0], there[1]), (here[0], here[1])


def side_of(size: Size | None, own: float) -> int:
    """Pixels of a driven square of a source in which it has `own`; even, as videos want it. size: None: the usual."""
    side = min(USUAL, round(own)) if size is None else round(own) if size == "source" else int(size)
    return max(2, side - side % 2)


@cache  # every frame of a video asks for it
def _soft(side: int) -> np.ndarray:
    """How much of a square is seen [side, side], from 0 at its border to 1, as half a cosine."""
    at = np.arange(side) + 0.5
    away = np.minimum(at, side - at) / (_SOFT * side)
    line = (0.5 - 0.5 * np.cos(np.pi * away.clip(0, 1))).astype(np.float32)
    return np.minimum(line[:, None], line[None, :])


def _soft_parts(side: int) -> tuple[tuple[range, range], ...]:
    """Rows and columns of the parts of a square in which it is not seen alone."""
    edge = min(ceil(_SOFT * side), side // 2)
    inner, whole = range(edge, side - edge), range(side)
    first, last = range(edge), range(side - edge, side)
    return (first, whole), (last, whole), (inner, first), (inner, last)


def _within(part: range, at: int, count: int) -> range:
    """Those of some lines of a square, of which the first lies at line `at` of a picture with `count` lines, that the
    picture has."""
    first = max(part.start, -at)
    return range(first, max(first, min(part.stop, count - at)))


class _Lines(NamedTuple):
    """Lines [first, last) of a picture, and how many that it does not have come before and after them."""

    first: int
    last: int
    before: int
    after: int


def _nearest(first: int, last: int, count: int) -> _Lines:
    """Of lines [first, last) those that a picture of `count` lines has; where it has none of them, its nearest one."""
    there = range(min(max(first, 0), count - 1), max(min(last, count), 1))
    return _Lines(
        there.start, there.stop, max(0, min(-first, last - first - 1)), max(0, min(last - count, last - first - 1))
    )
