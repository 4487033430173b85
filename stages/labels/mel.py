"""Stage audio, variant mel: log-mel features at 25 Hz, aligned to the frames."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import pyarrow as pa

from stages.clip import AUDIO_RATE, FPS, Clip, Outcome, Resources, Runner

_FRAME = AUDIO_RATE // FPS
_BLOCK = 4096


@dataclass(frozen=True)
class LogMel:
    """Adds audio [T, mels * hops]: row i belongs to [i / 25, (i + 1) / 25) of the clip.

    Each row is `hops` consecutive log-mel spectra (10 ms apart with 4), the spectrum of hop k centred on that hop's
    own stretch of sound. window: samples of the Hann window. floor: the energy below which silence is flat.
    """

    mels: int = 80
    hops: int = 4
    window: int = 400
    floor: float = 1e-6

    name: ClassVar[str] = "audio"
    variant: ClassVar[str] = "mel"
    formerly: ClassVar[str] = "logmel"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[pa.Schema] = pa.schema([])

    def open(self) -> Runner:
        return self._run

    def _run(self, clip: Clip) -> Outcome:
        if clip.sound is None:
            return clip
        return clip.add_arrays(audio=self.features(clip.sound, int(clip.columns["frames"])))

    def features(self, sound: np.ndarray, frames: int) -> np.ndarray:
        """Features [frames, mels * hops] float32 of sound [S] at 16 kHz, zero-padded where it ends early."""
        hop = _FRAME // self.hops
        count = frames * self.hops
        before = (self.window - hop) // 2
        padded = np.zeros(before + count * hop + self.window, np.float32)
        part = sound[: count * hop + self.window]
        padded[before : before + len(part)] = part
        windows = np.lib.stride_tricks.sliding_window_view(padded, self.window)[::hop][:count]
        shape = np.hanning(self.window + 1)[:-1].astype(np.float32)
        bank = mel_bank(self.mels, self.window)
        out = np.empty((count, self.mels), np.float32)
        for start in range(0, count, _BLOCK):
            power = np.abs(np.fft.rfft(windows[start : start + _BLOCK] * shape, axis=1)) ** 2
            out[start : start + _BLOCK] = np.log10(np.maximum(power @ bank, self.floor))
        return out.reshape(frames, self.mels * self.hops)


@cache
def mel_bank(mels: int, window: int) -> np.ndarray:
    """Triangular filters [window // 2 + 1, mels] on the mel scale (HTK) from 0 to 8 kHz, each of unit area."""

    def mel(hz: np.ndarray) -> np.ndarray:
        return 2595 * np.log10(1 + hz / 700)

    edges = 700 * (10 ** (np.linspace(0, mel(np.array(AUDIO_RATE / 2)), mels + 2) / 2595) - 1)
    hz = np.arange(window // 2 + 1) * AUDIO_RATE / window
    rise = (hz[:, None] - edges[:-2]) / np.diff(edges)[:-1]
    fall = (edges[2:] - hz[:, None]) / np.diff(edges)[1:]
    bank = np.clip(np.minimum(rise, fall), 0, None)
    # the lowest filters are narrower than a bin of the spectrum: they take the bin nearest to their middle
    for k in np.flatnonzero(bank.sum(0) == 0):
        bank[np.argmin(np.abs(hz - edges[k + 1])), k] = 1
    return bank / bank.sum(0)
