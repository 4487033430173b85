"""A source picture as it is drawn over, at any size: with something around it, and without streaks at its edges.

A crop that leaves its frame repeats the frame's outermost pixels, and so does a warp that reads beyond a crop: necks
and hair end in streaks like a barcode's. Here what was not filmed goes on as what is nearest to it, more blurred the
farther away it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np

MARGIN = 0.125
"""How much of a picture's side there is around it, on every side: warps read there where a head moves."""

_SAME = 3.0
"""Neighbouring lines whose pixels differ by less on average, of 255, are one line repeated: WebP changes about 1."""
_FEWEST = 32
"""Lines of fewer pixels may be alike by chance."""
_FLAT = 6.0
"""A line whose pixels deviate by less, of 255, is a plain wall, which leaves no streaks."""
_SOFTEST = 0.5
"""Standard deviation of the blur over the distance from what was filmed."""
_LEVELS = 6


@dataclass(frozen=True)
class Detail:
    """picture: uint8 RGB [S + 2 m, S + 2 m, 3], of which the crop is the inner S x S. margin: m, in pixels."""

    picture: np.ndarray
    margin: int

    @classmethod
    def of(cls, crop: np.ndarray) -> Detail:
        """Of a crop, uint8 RGB [S, S, 3], around which nothing is known; lines repeated at its edges are replaced."""
        margin = margin_of(len(crop))
        return cls(_gone_on(crop, filmed(crop), margin), margin)

    @property
    def crop(self) -> np.ndarray:
        """The inner picture [S, S, 3]."""
        inner = slice(self.margin, len(self.picture) - self.margin)
        return self.picture[inner, inner]


def margin_of(side: int) -> int:
    """Pixels around a crop of `side` pixels."""
    return ceil(MARGIN * side)


def softened(crop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A crop, uint8 RGB [S, S, 3], with lines repeated at its edges replaced; and where it shows what was filmed
    [S, S]."""
    inner = top, bottom, left, right = filmed(crop)
    seen = np.zeros(crop.shape[:2], bool)
    seen[top:bottom, left:right] = True
    return crop if seen.all() else _gone_on(crop, inner, 0), seen


def filmed(crop: np.ndarray) -> tuple[int, int, int, int]:
    """The rows [top, bottom) and columns [left, right) of a crop that are not its outermost line repeated."""
    grey = crop.mean(2)
    top, bottom = (_repeated(lines) for lines in (grey, grey[::-1]))
    left, right = (_repeated(lines) for lines in (grey.T, grey.T[::-1]))
    side = len(crop)
    if top + bottom >= side or left + right >= side:  # one colour: nothing to see either way
        return 0, side, 0, side
    return top, side - bottom, left, side - right


def _gone_on(crop: np.ndarray, inner: tuple[int, int, int, int], margin: int) -> np.ndarray:
    """What of a crop was filmed (`filmed`), going on to the crop's edges and `margin` pixels beyond."""
    side, (top, bottom, left, right) = len(crop), inner
    beyond = (top, side - bottom, left, side - right)
    return surrounded(crop[top:bottom, left:right], *(margin + each for each in beyond))


def surrounded(picture: np.ndarray, top: int, bottom: int, left: int, right: int) -> np.ndarray:
    """A picture, uint8 RGB [H, W, 3], with so many pixels around it that go on as it ends, ever more blurred."""
    out = cv2.copyMakeBorder(picture, top, bottom, left, right, cv2.BORDER_REPLICATE)
    height, width = out.shape[:2]
    rows, columns = (
        np.maximum(first - np.arange(count), np.arange(count) - (count - 1 - last)).clip(min=0).astype(np.float32)
        for count, first, last in ((height, top, bottom), (width, left, right))
    )
    blur = _SOFTEST * np.hypot(rows[:, None], columns[None, :])
    deepest = float(blur.max())
    if deepest == 0:
        return out
    below, level = out.astype(np.float32), np.log2(1 + blur)
    found = below.copy()
    for number in range(1, min(_LEVELS, ceil(np.log2(1 + deepest))) + 1):
        above = cv2.GaussianBlur(out, (0, 0), 2**number - 1, borderType=cv2.BORDER_REPLICATE).astype(np.float32)
        share = (level - (number - 1)).clip(0, 1)[:, :, None]
        found += share * (above - below)
        below = above
    return found.round().clip(0, 255).astype(np.uint8)


def _repeated(lines: np.ndarray) -> int:
    """How many of the first lines [L, P] repeat one that follows them."""
    if len(lines) < _FEWEST or lines[0].std() < _FLAT:
        return 0
    same = np.abs(np.diff(lines, axis=0)).mean(1) < _SAME
    alike = np.abs(lines - lines[0]).mean(1) < _SAME
    return int(np.argmin(np.append(same & alike[1:], False)))
