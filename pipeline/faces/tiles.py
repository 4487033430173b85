"""Pictures as they are shown: enlarged, marked as synthetic, side by side and in rows with labels."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

LEAST = 256
"""Pixels that a shown picture is high at least."""
MARK = "synthetic"

_GAP, _HEAD = 4, 24
_FONT = cv2.FONT_HERSHEY_SIMPLEX

Tile = tuple[str, np.ndarray | None]
"""A label, and the picture under it, if any."""


def shown(picture: np.ndarray, mark: bool) -> np.ndarray:
    """A picture, uint8 RGB [S, S, 3], at 256 pixels or more, by Lanczos; `mark` writes into it that it is synthetic."""
    side = max(LEAST, len(picture))
    if len(picture) < side:
        picture = cv2.resize(picture, (side, side), interpolation=cv2.INTER_LANCZOS4)
    return marked(picture) if mark else picture


def mark_place(side: int) -> tuple[slice, slice]:
    """Rows and columns of the mark in a picture of `side` pixels: its lower right corner."""
    (width, height), below = cv2.getTextSize(MARK, _FONT, _scale(side), 1)
    return slice(side - height - below - 8, side), slice(side - width - 8, side)


def marked(picture: np.ndarray) -> np.ndarray:
    """A copy with white text on a darkened corner; nothing outside `mark_place` changes."""
    side = len(picture)
    rows, columns = mark_place(side)
    out = picture.copy()
    corner = np.ascontiguousarray(out[rows, columns] // 4)
    below = cv2.getTextSize(MARK, _FONT, _scale(side), 1)[1]
    at = (4, len(corner) - below - 3)
    cv2.putText(corner, MARK, at, _FONT, _scale(side), (255, 255, 255), 1, cv2.LINE_AA)
    out[rows, columns] = corner
    return out


def board(rows: Sequence[Sequence[Tile]]) -> np.ndarray:
    """Rows of tiles with their labels above, uint8 RGB on white; all tiles are equally large squares."""
    columns = max(len(row) for row in rows)
    side = next(len(picture) for row in rows for _, picture in row if picture is not None)
    out = np.full((len(rows) * (_HEAD + side + _GAP), columns * (side + _GAP) - _GAP, 3), 255, np.uint8)
    for down, row in enumerate(rows):
        top = down * (_HEAD + side + _GAP)
        for across, (label, picture) in enumerate(row):
            left = across * (side + _GAP)
            text = label.encode("ascii", "replace").decode()[: side // 10]
            cv2.putText(out, text, (left + 2, top + _HEAD - 7), _FONT, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
            if picture is not None:
                out[top + _HEAD : top + _HEAD + side, left : left + side] = picture
    return out


def _scale(side: int) -> float:
    return 0.45 * side / LEAST
