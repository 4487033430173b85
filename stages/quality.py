"""Stage quality: how sharp, clean and artefact-free the face is, 0 to 100, without a reference.

The product of three measures of a native face: sharpness S (energy of fine against coarse detail), noise N (Immerkaer's
estimate in the flatter half) and blocking B (gradients on the codec's 8-pixel grid). It falls with blur, noise,
compression and down-and-up scaling; BRISQUE alone rises with noise (docs/labels.md). It orders clips; its 40 is not
HyperIQA's 40.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
import pyarrow as pa

from stages.clip import Clip, Outcome, Patch, Reject, Resources, Runner

_SIZE = 256
_NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


@dataclass(frozen=True)
class Quality:
    """Rejects clips whose mean quality over the sampled frames is under `minimum` (0 to 100)."""

    minimum: float = 25.0

    name: ClassVar[str] = "quality"
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[pa.Schema] = pa.schema([("quality", pa.float32()), ("quality_min", pa.float32())])

    def open(self) -> Runner:
        return self._judge

    def _judge(self, clip: Clip) -> Outcome:
        scores = [patch_quality(patch) for patch in clip.tracked().patches]
        clip = clip.add(quality=float(np.mean(scores)), quality_min=float(np.min(scores)))
        if clip.columns["quality"] < self.minimum:
            detail = f"quality {clip.columns['quality']:.0f}, at least {self.minimum:g} wanted"
            return Reject("low_quality", detail, clip)
        return clip


def patch_quality(patch: Patch) -> float:
    """Quality 0 to 100 of one native face patch."""
    grey = cv2.cvtColor(patch.image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return min(100.0, 100.0 * sharpness(grey) * noise_factor(grey) * block_factor(grey, patch.origin))


def sharpness(grey: np.ndarray) -> float:
    """0 to 1.25 of a grey face [h, w]: energy of two fine bands of differences of Gaussians over a coarse one."""
    shrink = max(grey.shape) > _SIZE
    face = cv2.resize(grey, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA if shrink else cv2.INTER_LINEAR)
    blurred = {s: cv2.GaussianBlur(face, (0, 0), s) for s in (0.7, 1.4, 2.8, 5.6, 11.2)}

    def band(fine: float) -> float:
        return float(np.mean((blurred[fine] - blurred[2 * fine]) ** 2))

    coarse = band(5.6) + 10
    detail = 0.5 * np.log10((band(0.7) + 0.02) / coarse) + 0.5 * np.log10((band(1.4) + 0.02) / coarse)
    return float(np.clip((detail + 2.6) / 2.3, 0, 1.25))


def noise_factor(grey: np.ndarray) -> float:
    """1 without noise, towards 0 with it: Immerkaer (1996) on the half of the face with the smaller gradients."""
    if min(grey.shape) < 8:
        return 1.0
    residue = np.abs(cv2.filter2D(grey, -1, _NOISE_KERNEL))[1:-1, 1:-1]
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.5)
    gradient = np.hypot(cv2.Sobel(smooth, -1, 1, 0), cv2.Sobel(smooth, -1, 0, 1))[1:-1, 1:-1]
    flat = gradient <= np.median(gradient)
    sigma = float(np.sqrt(np.pi / 2) / 6 * residue[flat].mean())
    return 1 / (1 + max(0.0, sigma - 0.5) / 15)


def block_factor(grey: np.ndarray, origin: tuple[int, int]) -> float:
    """1 without blocking, less the more gradients stand on the 8-pixel grid of the frame that begins at (0, 0)."""
    ratios = []
    for axis, start in ((1, origin[0]), (0, origin[1])):
        steps = np.abs(np.diff(grey, axis=axis)).mean(axis=1 - axis)
        on_grid = (np.arange(len(steps)) + start) % 8 == 7
        if on_grid.any() and (~on_grid).any():
            ratios.append(float(steps[on_grid].mean() / max(steps[~on_grid].mean(), 1e-3)))
    blocking = float(np.mean(ratios)) if ratios else 1.0
    return 1 / (1 + 0.2 * max(0.0, blocking - 1.3))
