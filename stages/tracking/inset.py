"""The picture inside a frame whose two sides, or top and bottom, are filled with an enlarged blurred copy of it.

So an upright video is shown in a wide frame, and a wide one in an upright frame. The copy shows parts of the same face,
which is no second person, and the frame's height is not the picture's. Bars of one colour and other borders hold no
face; frames with these stay as they are.

Told by two things that hold together in no other frame (docs/labels.md): two straight edges at the same distance from
the frame's sides, from end to end; and what lies beyond them, which is the inside enlarged about the middle until it
fills the frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from stages.observations import OFF_CENTRE, Inset

_NARROWEST, _WIDEST = 0.07, 0.46
"""Shares of the frame that one of the two filled margins may take."""
_EDGE = 2.7
"""How many times as steep the edges are as the columns around them, at least."""
_LIKE = 0.86
"""Correlation of the margins with the enlarged inside, at least."""
_TRIED = 3
_LINES, _ROWS = 64, 72
_ENLARGED = ((1.0, 1.0), (1.1, 1.1), (1.25, 1.25), (1.5, 1.5), (1.0, None))
"""How much larger the copy is than fills the frame, across and up; None: it is stretched in one direction alone."""
_BLURS = (1.5, 4.0, 9.0)
_SOFT = 1.0
_AGREED = 0.75
_APART = 2


def inset_of(image: np.ndarray) -> Inset | None:
    """The inner picture of a frame, uint8 RGB [H, W, 3]; None where the whole frame is one picture."""
    height, width = image.shape[:2]
    if min(height, width) < _LINES:
        return None
    small = _grey(cv2.resize(image, _small_size(image), interpolation=cv2.INTER_AREA))
    across = _grey(cv2.resize(image, (width, _LINES), interpolation=cv2.INTER_AREA))
    up = _grey(cv2.resize(image, (_LINES, height), interpolation=cv2.INTER_AREA))
    beside, above = _filled(across, small), _filled(up.T, small.T)
    if beside is not None and (above is None or beside.clear >= above.clear):
        return Inset(beside.before, 0, width - beside.after, height)
    return None if above is None else Inset(0, above.before, width, height - above.after)


def agreed(found: Sequence[Inset | None]) -> Inset | None:
    """What three quarters of several frames of one video have in common; None where they do not."""
    there = [each for each in found if each is not None]
    if not there or len(there) < _AGREED * len(found):
        return None
    sides = np.array([(each.left, each.top, each.right, each.bottom) for each in there])
    middle = np.sort(sides, axis=0)[len(sides) // 2]
    near = (np.abs(sides - middle) <= _APART).all(1)
    return Inset(*middle.tolist()) if near.sum() >= _AGREED * len(found) else None


def _small_size(image: np.ndarray) -> tuple[int, int]:
    """(width, height) of the frame with its shorter side at 72 pixels."""
    height, width = image.shape[:2]
    scale = _ROWS / min(height, width)
    return round(width * scale), round(height * scale)


def _grey(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)


@dataclass(frozen=True)
class _Margins:
    """Columns of a frame before and after two edges, and how clear the less clear edge is."""

    before: int
    after: int
    clear: float


def _filled(lines: np.ndarray, small: np.ndarray) -> _Margins | None:
    """The margins on both sides of a frame that a copy of what is between them fills.

    lines: the frame at full width [64, W], small: the frame at about 72 pixels [h, w]; both grey float32.
    """
    for margins in _edges(lines):
        if _likeness(small, (margins.before + margins.after) / 2 * small.shape[1] / lines.shape[1]) >= _LIKE:
            return margins
    return None


def _edges(lines: np.ndarray) -> list[_Margins]:
    """Pairs of edges about as far from both sides of the frame, the clearest first; at most three."""
    width = lines.shape[1]
    steps = np.abs(np.diff(lines, axis=1)).mean(0)
    reach = max(8, width // 40)
    around = cv2.blur(steps[None], (2 * reach + 1, 1), borderType=cv2.BORDER_REFLECT)[0]
    clear = (steps + 0.3) / (around + 0.3)
    before = np.arange(int(_NARROWEST * width), int(_WIDEST * width) + 1)
    after = np.maximum(before[:, None] + np.arange(-OFF_CENTRE, OFF_CENTRE + 1), 1)
    partner = clear[width - after - 1]
    both = np.minimum(clear[before - 1], partner.max(1))
    out: list[_Margins] = []
    for index in np.argsort(-both):
        if both[index] < _EDGE or len(out) == _TRIED:
            break
        if all(abs(int(before[index]) - found.before) > _APART for found in out):
            other = int(after[index, partner[index].argmax()])
            out.append(_Margins(int(before[index]), other, float(both[index])))
    return out


def _likeness(small: np.ndarray, margin: float) -> float:
    """Correlation of both margins with the inside enlarged to fill the frame, the best of several blurs and sizes."""
    height, width = small.shape
    left, right = int(np.floor(margin - 1)), int(np.ceil(width - margin + 1))
    inside = small[:, int(np.ceil(margin)) : int(np.floor(width - margin))]
    fill = width / (width - 2 * margin)
    beyond = (slice(None), slice(0, max(left, 2))), (slice(None), slice(min(right, width - 2), None))
    wanted = _flat([cv2.GaussianBlur(np.ascontiguousarray(small[part]), (0, 0), _SOFT) for part in beyond])
    best = 0.0
    for across, up in _ENLARGED:
        x, y = fill * across, 1.0 if up is None else fill * up
        matrix = np.array(
            [
                [x, 0, (width - 1) / 2 - x * (inside.shape[1] - 1) / 2],
                [0, y, (height - 1) / 2 * (1 - y)],
            ]
        )
        copy = cv2.warpAffine(inside, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for blur in _BLURS:
            seen = cv2.GaussianBlur(copy, (0, 0), blur)
            best = max(best, _correlation(wanted, _flat([seen[part] for part in beyond])))
    return best


def _flat(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([part.ravel() for part in parts])


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Of two rows of numbers; 0 where one of them is flat."""
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 1e-6 * len(a) else 0.0
