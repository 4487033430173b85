"""Stage quality: how sharp, clean and artefact-free the face is, 0 to 100, without a reference.

The product of four measures of a native face: sharpness S (energy of fine against coarse detail, noise taken off),
noise N (Immerkaer's estimate in the flatter half), detail D (share of the codec's blocks' middle frequencies that are
not empty) and blocking B (gradients on the 8-pixel grid). It falls with blur, noise, compression and down-and-up
scaling; BRISQUE alone rises with noise (docs/labels.md). It orders clips; its 40 is not HyperIQA's 40.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar

import cv2
import numpy as np
import pyarrow as pa

from stages.clip import THRESHOLD, Clip, Outcome, Patch, Refusal, Resources, Runner, ThresholdStage, under

_SIZE = 256
_BLOCK = 8
_NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_FREE_NOISE = 0.5


@dataclass(frozen=True)
class Quality(ThresholdStage):
    """Rejects clips whose mean quality over the sampled frames is under `minimum` (0 to 100)."""

    minimum: float = field(default=30.0, metadata=THRESHOLD)

    name: ClassVar[str] = "quality"
    variant: ClassVar[str] = "spectral"
    after: ClassVar[tuple[str, ...]] = ("motion",)
    profile: ClassVar[str] = "open"
    version: ClassVar[int] = 2
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[pa.Schema] = pa.schema([("quality", pa.float32()), ("quality_min", pa.float32())])

    def open(self) -> Runner:
        return self._judge

    def _judge(self, clip: Clip) -> Outcome:
        scores = [patch_quality(patch) for patch in clip.tracked().patches]
        return self.judged(clip.add(quality=float(np.mean(scores)), quality_min=float(np.min(scores))))

    def refuse(self, labels: Mapping[str, Any]) -> Refusal | None:
        if under(labels["quality"], self.minimum):
            return Refusal("low_quality", f"quality {labels['quality']:.0f}, at least {self.minimum:g} wanted")
        return None


def patch_quality(patch: Patch) -> float:
    """Quality 0 to 100 of one native face patch."""
    grey = cv2.cvtColor(patch.image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    noise = max(0.0, noise_level(grey) - _FREE_NOISE)
    clean = sharpness(grey, noise) * noise_factor(noise)
    return min(100.0, 100.0 * clean * detail_factor(grey, patch.origin) * block_factor(grey, patch.origin))


def sharpness(grey: np.ndarray, noise: float) -> float:
    """0 to 1.25 of a grey face [h, w]: energy of two fine bands of differences of Gaussians over a coarse one.

    What noise of standard deviation `noise` adds to the fine bands is taken off: noise is no detail. Energies come from
    the cosine transform (Parseval), five times cheaper than blurring and the same within a few percent.
    """
    ratio = max(grey.shape) / _SIZE
    resample = cv2.INTER_AREA if ratio > 1 else cv2.INTER_LINEAR
    spectrum = cv2.dct(cv2.resize(grey, (_SIZE, _SIZE), interpolation=resample)) ** 2

    def band(fine: float) -> float:
        return float(np.vdot(spectrum, _band(fine)))

    def detail(fine: float) -> float:
        energy = band(fine)
        return max(energy - noise**2 * _noise_gain(fine, ratio), 0.05 * energy) + 0.02

    coarse = band(5.6) + 10
    steepness = 0.5 * np.log10(detail(0.7) / coarse) + 0.5 * np.log10(detail(1.4) / coarse)
    return float(np.clip((steepness + 2.6) / 2.2, 0, 1.25))


@cache
def _band(fine: float) -> np.ndarray:
    """Weight of each squared coefficient in the mean energy between Gaussians of `fine` and twice `fine` pixels."""
    frequency = np.pi * np.arange(_SIZE) / _SIZE

    def gaussian(sigma: float) -> np.ndarray:
        line = np.exp(-0.5 * (sigma * frequency) ** 2)
        return np.outer(line, line)

    return ((gaussian(fine) - gaussian(2 * fine)) ** 2 / _SIZE**2).astype(np.float32)


def _noise_gain(fine: float, ratio: float) -> float:
    """Energy that white noise of variance 1 in native pixels leaves in the band of sigmas `fine` and twice that.

    ratio: native pixels a resampled one; the kernel of the resampling widens the Gaussians by its own variance.
    """
    extra = ratio**2 / 12 if ratio > 1 else 1 / 6
    a, b = (fine * ratio) ** 2 + extra, (2 * fine * ratio) ** 2 + extra
    return (1 / (4 * a) + 1 / (4 * b) - 1 / (a + b)) / np.pi


def noise_level(grey: np.ndarray) -> float:
    """Standard deviation of the noise in grey values: Immerkaer (1996) on the half with the smaller gradients."""
    if min(grey.shape) < _BLOCK:
        return 0.0
    residue = np.abs(cv2.filter2D(grey, -1, _NOISE_KERNEL))[1:-1, 1:-1]
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.5)
    gradient = np.hypot(cv2.Sobel(smooth, -1, 1, 0), cv2.Sobel(smooth, -1, 0, 1))[1:-1, 1:-1]
    flat = gradient <= np.median(gradient)
    return float(np.sqrt(np.pi / 2) / 6 * residue[flat].mean())


def noise_factor(noise: float) -> float:
    """1 without noise, towards 0 with it."""
    return 1 / (1 + noise / 10)


def detail_factor(grey: np.ndarray, origin: tuple[int, int]) -> float:
    """0.8 to 1: the share of DCT coefficients of middle frequency, in the frame's 8x8 blocks, above half a grey value.

    Quantisation empties them long before the picture looks blurred, blur and scaling empty them too.
    """
    x, y = -origin[0] % _BLOCK, -origin[1] % _BLOCK
    rows, columns = (grey.shape[0] - y) // _BLOCK, (grey.shape[1] - x) // _BLOCK
    if rows < 1 or columns < 1:
        return 1.0
    part = grey[y : y + rows * _BLOCK, x : x + columns * _BLOCK]
    blocks = part.reshape(rows, _BLOCK, columns, _BLOCK).transpose(0, 2, 1, 3)
    basis = _cosines()
    frequency = np.add.outer(np.arange(_BLOCK), np.arange(_BLOCK))
    middle = (basis @ blocks @ basis.T)[..., (frequency >= 3) & (frequency <= 5)]
    return 0.8 + 0.2 * float(np.mean(np.abs(middle) > 0.5))


def _cosines() -> np.ndarray:
    """The orthonormal DCT-II matrix [8, 8]."""
    k = np.arange(_BLOCK)
    basis = np.sqrt(2 / _BLOCK) * np.cos(np.outer(k, 2 * k + 1) * np.pi / (2 * _BLOCK))
    basis[0] /= np.sqrt(2)
    return basis.astype(np.float32)


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
