"""A picture of a few driven faces: a row a pair (source, driver, what each method made of them), a block a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from catalogs import storage
from pipeline.evaluation.faces.kept_pictures import TESTS, Shown

_TILE, _GAP, _HEAD = 128, 4, 22


def write_grid(shown: Mapping[str, Sequence[Shown]], out: Path) -> Path:
    """Write the pictures of methods, by name, as a PNG, whole or not at all."""
    done, data = cv2.imencode(".png", cv2.cvtColor(grid(shown), cv2.COLOR_RGB2BGR))
    if not done:
        raise OSError(f"{out}: could not be written as PNG")
    with storage.put(out) as draft:
        draft.write_bytes(data.tobytes())
    return out


def grid(shown: Mapping[str, Sequence[Shown]]) -> np.ndarray:
    """uint8 RGB. Methods show the same pairs of a test in the same order, or none of them."""
    rows = []
    for test, title in TESTS.items():
        held = {name: [each for each in pictures if each.test == test] for name, pictures in shown.items()}
        first = next((pictures for pictures in held.values() if pictures), [])
        if first:
            rows.append(_line([title], len(shown) + 2, strong=True))
            rows.append(_line(["source", "driver", *shown], len(shown) + 2))
        for place, pair in enumerate(first):
            results = [pictures[place].result if pictures else None for pictures in held.values()]
            rows.append(_tiles([pair.source, pair.driver, *results]))
    return np.concatenate(rows)


def _tiles(pictures: Sequence[np.ndarray | None]) -> np.ndarray:
    out = _blank(_TILE + _GAP, len(pictures))
    for place, picture in enumerate(pictures):
        if picture is not None:
            left = place * (_TILE + _GAP)
            tile = cv2.resize(picture, (_TILE, _TILE), interpolation=cv2.INTER_CUBIC)
            out[:_TILE, left : left + _TILE] = tile
    return out


def _line(texts: Sequence[str], columns: int, strong: bool = False) -> np.ndarray:
    out = _blank(_HEAD, columns)
    for place, text in enumerate(texts):
        at = (place * (_TILE + _GAP) + 2, _HEAD - 7)
        cv2.putText(out, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 2 if strong else 1, cv2.LINE_AA)
    return out


def _blank(height: int, columns: int) -> np.ndarray:
    return np.full((height, columns * (_TILE + _GAP) - _GAP, 3), 255, np.uint8)
