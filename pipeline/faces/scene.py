"""The whole picture that a portrait is cut from, and where in it the driven square goes back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
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
        height, width = self.picture.shape[:2]
        top, bottom = max(self.y, 0), min(self.y + self.side, height)
        left, right = max(self.x, 0), min(self.x + self.side, width)
        out = self.picture.copy()
        if top < bottom and left < right:
            there = slice(top, bottom), slice(left, right)
            here = slice(top - self.y, bottom - self.y), slice(left - self.x, right - self.x)
            beneath = out[there]
            mixed = beneath + _soft(self.side)[here][..., None] * (drawn[here].astype(np.float32) - beneath)
            out[there] = mixed.round().astype(np.uint8)
        return out


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
