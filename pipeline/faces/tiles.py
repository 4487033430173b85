"""Pictures as they are shown: enlarged, marked as synthetic, side by side and in rows with labels."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

LEAST = 256
"""Pixels that a tile is high at least."""
MARK = "synthetic"

_GAP, _HEAD = 4, 24
_FONT = cv2.FONT_HERSHEY_SIMPLEX

Tile = tuple[str, np.ndarray | None]
"""A label, and the picture under it, if any."""


def shown(picture: np.ndarray, mark: bool, side: int = LEAST) -> np.ndarray:
    """A picture, uint8 RGB [S, S, 3], at `side` pixels: enlarged by Lanczos, averaged where it is larger; `mark` writes
    into it that it is synthetic."""
    if len(picture) != side:
        how = cv2.INTER_LANCZOS4 if len(picture) < side else cv2.INTER_AREA
        picture = cv2.resize(picture, (side, side), interpolation=how)
    return marked(picture) if mark else picture


def mark_place(height: int, width: int) -> tuple[slice, slice]:
    """Rows and columns of the mark in a picture: its lower right corner."""
    (across, up), below = cv2.getTextSize(MARK, _FONT, _scale(height, width), _thick(height, width))
    return slice(max(0, height - up - below - 8), height), slice(max(0, width - across - 8), width)


def marked(picture: np.ndarray) -> np.ndarray:
    """A copy, uint8 RGB [H, W, 3], with white text on a darkened corner; nothing outside `mark_place` changes."""
    size = picture.shape[:2]
    rows, columns = mark_place(*size)
    scale, thick = _scale(*size), _thick(*size)
    out = picture.copy()
    corner = np.ascontiguousarray(out[rows, columns] // 4)
    below = cv2.getTextSize(MARK, _FONT, scale, thick)[1]
    at = (4, len(corner) - below - 3)
    cv2.putText(corner, MARK, at, _FONT, scale, (255, 255, 255), thick, cv2.LINE_AA)
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


def _scale(height: int, width: int) -> float:
    return 0.45 * min(height, width) / LEAST


def _thick(height: int, width: int) -> int:
    return max(1, round(min(height, width) / (2 * LEAST)))
