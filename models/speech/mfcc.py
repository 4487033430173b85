"""Mel-frequency cepstral coefficients as SyncNet knows them: those of python_speech_features with its defaults.

The package itself was last released in 2017, as source alone; these are its numbers, to the bit.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.fft import dct

RATE, WINDOW, HOP = 16_000, 400, 160
"""Samples a second, of a window (25 ms) and between two (10 ms)."""
COEFFICIENTS = 13
_FFT, _BANDS, _LIFTER, _PREEMPHASIS = 512, 26, 22, 0.97
_LEAST = np.finfo(np.float64).eps


def mfcc(sound: np.ndarray) -> np.ndarray:
    """Float64 [N, 13] of a sound [S] at 16 kHz, of 16 bits: whole numbers up to 32767. Row i begins at 10 i ms.

    The last window is filled up with zeros. The first coefficient is the logarithm of the window's energy.
    """
    sound = np.asarray(sound, np.float64)
    emphasised = np.append(sound[:1], sound[1:] - _PREEMPHASIS * sound[:-1])
    count = 1 + max(0, -(-(len(sound) - WINDOW) // HOP))
    padded = np.zeros((count - 1) * HOP + WINDOW)
    padded[: len(sound)] = emphasised
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(windows, _FFT)) ** 2 / _FFT
    bands = power @ _filters().T
    found = dct(np.log(np.where(bands == 0, _LEAST, bands)), type=2, axis=1, norm="ortho")[:, :COEFFICIENTS]
    found *= 1 + _LIFTER / 2 * np.sin(np.pi * np.arange(COEFFICIENTS) / _LIFTER)
    energy = power.sum(1)
    found[:, 0] = np.log(np.where(energy == 0, _LEAST, energy))
    return found


@cache
def _filters() -> np.ndarray:
    """Triangles [26, 257] at equal distances in mel, from one whole bin to the next."""
    mel = np.linspace(0, 2595 * np.log10(1 + RATE / 2 / 700), _BANDS + 2)
    edges = np.floor((_FFT + 1) * 700 * (10 ** (mel / 2595) - 1) / RATE)
    low, top, high = (edges[k : k + _BANDS, None] for k in range(3))
    bins = np.arange(_FFT // 2 + 1)
    rising, falling = (bins - low) / (top - low), (high - bins) / (high - top)
    return np.where((bins >= low) & (bins < top), rising, np.where((bins >= top) & (bins < high), falling, 0))
