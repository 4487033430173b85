"""Whether one sees where generated windows meet."""

from __future__ import annotations

import numpy as np


def seams(frames: int, window: int, overlap: int) -> list[int]:
    """The frames with which each window but the first begins, of so many in all."""
    return list(range(window - overlap, frames - overlap, window - overlap))


def seam_steps(motion: np.ndarray, starts: list[int], overlap: int) -> float | None:
    """The largest step near a seam over the mean step of motion [T, D], mean over the seams; None without one.

    A step is the mean absolute difference of two frames' numbers, which should be of like size. Near: those from the
    frame before a window to the one after its overlap. As many steps anywhere have a largest one above the mean too.
    """
    steps = np.abs(np.diff(motion, axis=0)).mean(1)
    near = [steps[start - 1 : start + overlap] for start in starts]
    near = [part for part in near if len(part)]
    if not near or not steps.mean():
        return None
    return float(np.mean([part.max() for part in near]) / steps.mean())
