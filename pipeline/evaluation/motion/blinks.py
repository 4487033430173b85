"""Blinks, counted from how far the lids are apart."""

from __future__ import annotations

import numpy as np
from scipy.signal import find_peaks

_DEEP, _LONGEST = 0.35, 15
"""How far lids close at least, over how far they usually are apart; and frames that they are half closed at most: a
look down lasts longer."""


def blinks(lids: np.ndarray) -> int:
    """How often lids [T], their opening in any unit, 25 a second, close and open again."""
    usual = float(np.median(lids))
    padded = np.concatenate([[usual], lids, [usual]])
    found, _ = find_peaks(-padded, prominence=_DEEP * usual, width=(0, _LONGEST), rel_height=0.5)
    return len(found)
